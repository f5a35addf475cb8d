import type { LogLevel } from '../../runtime/system/machine.ts'
import type { FastPathEffect, FastPathState, FastPathTimer } from './state.ts'

/** One step in the making: the state so far and the effects in their order. Lives for one call of the machine. */
export class Turn {
  state: FastPathState
  readonly effects: FastPathEffect[] = []

  constructor(state: FastPathState) {
    this.state = state
  }

  change(part: Partial<FastPathState>): void {
    this.state = { ...this.state, ...part }
  }

  perform(effect: FastPathEffect): void {
    this.effects.push(effect)
  }

  log(level: LogLevel, line: string): void {
    this.perform({ type: 'log', level, line })
  }

  count(counter: string): void {
    const { counters } = this.state
    this.change({ counters: { ...counters, [counter]: (counters[counter] ?? 0) + 1 } })
  }

  /** Says that something is wrong: in the log when that is new, in the status until it is resolved. */
  trouble(about: string, text: string): void {
    const { problems } = this.state
    if (problems.get(about) === text) return
    this.log('warn', text)
    this.change({ problems: new Map(problems).set(about, text) })
  }

  resolved(about: string): void {
    const problems = new Map(this.state.problems)
    if (problems.delete(about)) this.change({ problems })
  }

  startTimer(timer: FastPathTimer, delayMs: number): void {
    const generation = this.state.nextTimer
    this.change({ nextTimer: generation + 1, timers: { ...this.state.timers, [timer]: generation } })
    this.perform({ type: 'startTimer', timer, generation, delayMs })
  }

  /** It has expired, or is of no use any more: an expiry under way is stale. */
  forgetTimer(timer: FastPathTimer): void {
    const { [timer]: _, ...timers } = this.state.timers
    this.change({ timers })
  }
}
