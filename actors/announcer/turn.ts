import { TroubledTurn } from '../../runtime/actor-system/machine/turn.ts'
import type { LogLevel } from '../../runtime/ports/host/syslog.ts'
import type { AnnouncerReport } from './messages.ts'
import type { AnnouncerEffect, AnnouncerState, AnnouncerTimer, Phase } from './state.ts'

/** One step of the announcer in the making. */
export class Turn extends TroubledTurn<AnnouncerTimer, AnnouncerState, AnnouncerEffect> {
  get options(): AnnouncerState['options'] {
    return this.state.options
  }

  enter(phase: Phase): void {
    this.change({ phase })
  }

  report(message: AnnouncerReport): void {
    this.perform({ type: 'send', to: 'elector', message })
  }

  logInstance(level: LogLevel, text: string): void {
    this.log(level, `VRRP_Instance(${this.options.virtualRouterId}) ${text}`)
  }

  cancelTimers(): void {
    for (const timer of this.state.timers) this.cancelTimer(timer)
  }
}
