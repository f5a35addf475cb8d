import type { CancelTimer } from '../../ports/host/clock.ts'
import type { ActorContext } from '../actor.ts'
import type {
  CancelTimer as CancelTimerEffect,
  Machine,
  StartTimer,
  TellHappening,
  TimerExpired,
  WriteLog,
} from './machine.ts'

/** The effects that are carried out alike for every machine. */
type GenericEffect = StartTimer | CancelTimerEffect | WriteLog | TellHappening | { readonly type: 'send' }

/** What is left for the actor to carry out by itself. */
export type OwnEffect<Effect extends { readonly type: string }> = Exclude<
  Effect,
  { readonly type: GenericEffect['type'] }
>

export interface MachineWiring<
  State,
  Event extends { readonly type: string },
  Effect extends { readonly type: string },
> {
  // biome-ignore lint/suspicious/noExplicitAny: the machine's `SendTo<Peers>` has checked its messages against the peers already
  readonly context: ActorContext<any>
  /** Which of the composition's machines it is: what it is called where its steps are told, and replayed. */
  readonly machine: string
  readonly initial: State
  readonly step: Machine<State, Event, Effect>
  /** Carries out what is not a timer, a message or a log line. An event that it dispatches waits for the step's other effects. */
  perform(effect: OwnEffect<Effect>): void
  /** A short name for the state; an inspection event says when it changes. */
  label(state: State): string
}

export interface RunningMachine<State, Event> {
  dispatch(event: Event): void
  state(): State
}

/** Events that one event may lead to before the world has its turn again; more are a machine that feeds itself. */
const MAX_CONSEQUENCES = 10_000

/**
 * Wires a pure machine to the world: steps it event by event, and carries out the effects of each step in order. An expiry that
 * waits for its turn is dropped when its timer is restarted or cancelled: no machine hears of a timer of before.
 */
export function runMachine<State, Event extends { readonly type: string }, Effect extends { readonly type: string }>(
  wiring: MachineWiring<State, Event, Effect>,
): RunningMachine<State, Event> {
  const { context, machine, step, label } = wiring
  /** By name, also of those that have expired. */
  const timers = new Map<string, CancelTimer>()
  const queue: Event[] = []
  let stepping = false
  let state = wiring.initial

  const startTimer = ({ timer, delayMs }: StartTimer): void => {
    timers.get(timer)?.()
    // A machine that starts timers has `TimerExpired` among its events.
    const expiry = { type: 'timerExpired', timer } satisfies TimerExpired as unknown as Event
    const cancel = context.clock.setTimer(delayMs, () => dispatch(expiry))
    timers.set(timer, () => {
      cancel()
      const waiting = queue.indexOf(expiry)
      if (waiting >= 0) queue.splice(waiting, 1)
    })
  }

  const perform = (effect: Effect): void => {
    // Which of the two an effect is, its type says; TypeScript cannot narrow a type parameter by it.
    const generic = effect as GenericEffect | OwnEffect<Effect>
    switch (generic.type) {
      case 'startTimer':
        startTimer(generic as StartTimer)
        break
      case 'cancelTimer':
        timers.get((generic as CancelTimerEffect).timer)?.()
        break
      case 'log': {
        const { level, line, fields } = generic as WriteLog
        context.log(level, line, fields)
        break
      }
      case 'happened':
        context.inspect(generic as TellHappening)
        break
      case 'send': {
        const { to, message } = generic as unknown as { readonly to: string; readonly message: unknown }
        context.send(to, message)
        break
      }
      default:
        wiring.perform(generic as OwnEffect<Effect>)
    }
  }

  const stepBy = (event: Event): void => {
    const before = label(state)
    const nowMs = context.clock.nowMs()
    const next = step(state, event, nowMs)
    state = next.state
    const after = label(state)
    const { effects } = next
    context.observer?.stepped({ machine, nowMs, event, before, after, effects }, state)
    if (after !== before) context.inspect({ type: 'state', from: before, to: after, cause: event.type })
    for (const effect of effects) perform(effect)
  }

  const dispatch = (event: Event): void => {
    queue.push(event)
    if (stepping) return
    stepping = true
    try {
      for (let steps = 0; steps <= MAX_CONSEQUENCES; steps++) {
        const next = queue.shift()
        if (next === undefined) return
        stepBy(next)
      }
      throw new Error(
        `${context.name}: ${event.type} led to more than ${MAX_CONSEQUENCES} events: its machine feeds itself`,
      )
    } finally {
      stepping = false
    }
  }

  context.observer?.began(machine, state)
  return { dispatch, state: () => state }
}
