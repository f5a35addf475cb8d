import type { LogLevel } from '../../runtime/system/machine.ts'
import type { AnnouncerReport } from './messages.ts'
import type { AnnouncerEffect, AnnouncerState, AnnouncerTimer, Phase } from './state.ts'

/** One step in the making: the state so far and the effects in their order. Lives for one call of the machine. */
export class Turn {
  state: AnnouncerState
  readonly effects: AnnouncerEffect[] = []
  readonly nowMs: number

  constructor(state: AnnouncerState, nowMs: number) {
    this.state = state
    this.nowMs = nowMs
  }

  get options(): AnnouncerState['options'] {
    return this.state.options
  }

  change(part: Partial<AnnouncerState>): void {
    this.state = { ...this.state, ...part }
  }

  enter(phase: Phase): void {
    this.change({ phase })
  }

  perform(effect: AnnouncerEffect): void {
    this.effects.push(effect)
  }

  report(message: AnnouncerReport): void {
    this.perform({ type: 'send', to: 'elector', message })
  }

  log(level: LogLevel, line: string): void {
    this.perform({ type: 'log', level, line })
  }

  logInstance(level: LogLevel, text: string): void {
    this.log(level, `VRRP_Instance(${this.options.virtualRouterId}) ${text}`)
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

  startTimer(timer: AnnouncerTimer, delayMs: number): void {
    const generation = this.state.nextGeneration
    this.change({ nextGeneration: generation + 1, timers: { ...this.state.timers, [timer]: generation } })
    this.perform({ type: 'startTimer', timer, generation, delayMs })
  }

  /** It has expired and runs no more. */
  forgetTimer(timer: AnnouncerTimer): void {
    const { [timer]: _, ...timers } = this.state.timers
    this.change({ timers })
  }

  /** Stops all timers that run; their expiries, if under way, are stale. */
  cancelTimers(): void {
    for (const timer of TIMERS) {
      if (this.state.timers[timer] !== undefined) this.perform({ type: 'cancelTimer', timer })
    }
    this.change({ timers: {} })
  }
}

const TIMERS: readonly AnnouncerTimer[] = ['lease', 'garp', 'check']
