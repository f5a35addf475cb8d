import { observed } from '../../runtime/actor-system/inspection/histogram.ts'
import { counted, MachineTurn } from '../../runtime/actor-system/machine/turn.ts'
import type { LogLevel } from '../../runtime/ports/host/syslog.ts'
import { type Notice, over, remember } from './adverts/notices.ts'
import type { Timings } from './messages.ts'
import type { Backup, Counter, ElectorEffect, ElectorPeers, ElectorState, ElectorTimer, Phase } from './state.ts'

/** See `ElectorOptions`. */
export const lookAheadMs = ({ lookAheadMs = 0 }: ElectorState['options']): number => lookAheadMs

/** One step of the elector in the making. */
export class Turn extends MachineTurn<ElectorState, ElectorEffect> {
  get options(): ElectorState['options'] {
    return this.state.options
  }

  enter(phase: Phase): void {
    const isAnother = phase.label !== this.state.phase.label
    this.change(isAnother ? { phase, phaseSinceMs: this.nowMs } : { phase })
  }

  /** Something has taken so long. */
  time(what: keyof Timings, ms: number): void {
    const { timings } = this.state
    this.change({ timings: { ...timings, [what]: observed(timings[what], ms) } })
  }

  count(counter: Counter): void {
    this.state = counted(this.state, counter)
  }

  send<To extends keyof ElectorPeers>(to: To, message: ElectorPeers[To]): void {
    // The union of all peers' sends is what `To` and its message make up; the compiler cannot follow it through the index.
    this.perform({ type: 'send', to, message } as ElectorEffect)
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

  /** The same, and logs it whatever was logged before. */
  noteAnew(notice: Notice): void {
    this.change({ notices: this.state.notices.filter(({ key }) => key !== notice.key) })
    this.note(notice)
  }

  /** It holds no more. */
  noteOver(key: string): void {
    this.change({ notices: over(this.state.notices, key) })
  }

  startTimer(timer: ElectorTimer, delayMs: number): void {
    this.perform({ type: 'startTimer', timer, delayMs })
  }

  cancelTimer(timer: ElectorTimer): void {
    this.perform({ type: 'cancelTimer', timer })
  }

  /** Stays in BACKUP with this much changed, and waits `delayMs` from now for the master to be heard of. */
  awaitMaster(backup: Backup, delayMs: number): void {
    const { ownDelayMs = 0 } = this.options
    const silenceMs = Math.max(0, delayMs - ownDelayMs)
    this.startTimer('masterDown', Math.max(0, silenceMs - lookAheadMs(this.options)))
    this.enter({ ...backup, masterDownAtMs: this.nowMs + silenceMs, draining: null })
  }
}
