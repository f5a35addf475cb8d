import type { LogLevel } from '../../runtime/system/machine.ts'
import type { ElectorPeers } from './messages.ts'
import { type Notice, remember } from './notices.ts'
import type { Backup, Counter, ElectorEffect, ElectorState, ElectorTimer, Phase } from './state.ts'

/**
 * One step in the making: the state so far and the effects in their order. Lives for one call of the machine, which is
 * pure to its caller.
 */
export class Turn {
  state: ElectorState
  readonly effects: ElectorEffect[] = []
  readonly nowMs: number

  constructor(state: ElectorState, nowMs: number) {
    this.state = state
    this.nowMs = nowMs
  }

  get options(): ElectorState['options'] {
    return this.state.options
  }

  change(part: Partial<ElectorState>): void {
    this.state = { ...this.state, ...part }
  }

  enter(phase: Phase): void {
    this.change({ phase })
  }

  count(counter: Counter): void {
    const { counters } = this.state
    this.change({ counters: { ...counters, [counter]: (counters[counter] ?? 0) + 1 } })
  }

  send<To extends keyof ElectorPeers>(to: To, message: ElectorPeers[To]): void {
    // The union of all peers' sends is what `To` and its message make up; the compiler cannot follow it through the index.
    this.effects.push({ type: 'send', to, message } as ElectorEffect)
  }

  log(level: LogLevel, text: string): void {
    this.effects.push({ type: 'log', level, line: text })
  }

  /** A line about the virtual router, as keepalived words it. */
  logInstance(level: LogLevel, text: string): void {
    this.log(level, `VRRP_Instance(${this.options.virtualRouterId}) ${text}`)
  }

  /** Logs something once, and again only after a while. */
  note(notice: Notice): void {
    const { notices, fresh } = remember(this.state.notices, notice, this.nowMs)
    this.change({ notices })
    if (fresh) this.logInstance(notice.level, notice.text)
  }

  /** Starts the timer anew; returns its generation. */
  startTimer(timer: ElectorTimer, delayMs: number): number {
    const generation = this.state.nextGeneration
    this.change({ nextGeneration: generation + 1 })
    this.effects.push({ type: 'startTimer', timer, generation, delayMs })
    return generation
  }

  cancelTimer(timer: ElectorTimer): void {
    this.effects.push({ type: 'cancelTimer', timer })
  }

  /** Stays in BACKUP with this much changed, and waits `delayMs` from now for the master to be heard of. */
  awaitMaster(backup: Backup, delayMs: number): void {
    const masterDown = this.startTimer('masterDown', delayMs)
    this.enter({ ...backup, masterDown, draining: null })
  }
}
