import type { LogLevel } from '../../ports/host/syslog.ts'
import type { Warning } from '../inspection/warning.ts'
import type { CancelTimer, StartTimer, WriteLog } from './machine.ts'

/** One step in the making: the state so far and the effects in their order. Lives for one call of a machine, which is pure to its caller. */
export class MachineTurn<State, Effect> {
  state: State
  readonly effects: (Effect | WriteLog)[] = []
  readonly nowMs: number

  constructor(state: State, nowMs: number) {
    this.state = state
    this.nowMs = nowMs
  }

  change(part: Partial<State>): void {
    this.state = { ...this.state, ...part }
  }

  perform(effect: Effect): void {
    this.effects.push(effect)
  }

  log(level: LogLevel, line: string): void {
    this.effects.push({ type: 'log', level, line })
  }
}

/** The state of a machine that knows which of its timers run. */
interface TimedState<Timer extends string> {
  /** Those that run. */
  readonly timers: ReadonlySet<Timer>
}

/** A turn of a machine that asks which of its timers run. */
export class TimedTurn<Timer extends string, State extends TimedState<Timer>, Effect> extends MachineTurn<
  State,
  Effect | StartTimer<Timer> | CancelTimer<Timer>
> {
  startTimer(timer: Timer, delayMs: number): void {
    this.state = { ...this.state, timers: new Set(this.state.timers).add(timer) }
    this.perform({ type: 'startTimer', timer, delayMs })
  }

  /** Nothing, where it does not run. */
  cancelTimer(timer: Timer): void {
    if (!this.state.timers.has(timer)) return
    this.noteExpired(timer)
    this.perform({ type: 'cancelTimer', timer })
  }

  /** It runs no more. */
  noteExpired(timer: Timer): void {
    const timers = new Set(this.state.timers)
    timers.delete(timer)
    this.state = { ...this.state, timers }
  }
}

/** The state of a machine that tells, in its status, what is wrong now. */
interface TroubledState<Timer extends string> extends TimedState<Timer> {
  /** By what it is about. */
  readonly problems: ReadonlyMap<string, Warning>
}

/** A turn of such a machine. */
export class TroubledTurn<Timer extends string, State extends TroubledState<Timer>, Effect> extends TimedTurn<
  Timer,
  State,
  Effect
> {
  /** Says that something is wrong: in the log when that is new, in the status until it is resolved. */
  trouble(name: string, said: Warning): void {
    const { problems } = this.state
    if (problems.get(name)?.text === said.text) return
    this.log('warn', said.text)
    this.state = { ...this.state, problems: new Map(problems).set(name, said) }
  }

  resolved(name: string): void {
    const problems = new Map(this.state.problems)
    if (problems.delete(name)) this.state = { ...this.state, problems }
  }
}

/** The state with that counter raised. */
export function counted<
  Counter extends string,
  State extends { readonly counters: Readonly<Partial<Record<Counter, number>>> },
>(state: State, counter: Counter, by = 1): State {
  return { ...state, counters: { ...state.counters, [counter]: (state.counters[counter] ?? 0) + by } }
}
