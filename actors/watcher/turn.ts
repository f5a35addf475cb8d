import type { LogLevel } from '../../runtime/system/machine.ts'
import type { AnnouncerHint } from '../announcer/messages.ts'
import type { TrackMessage } from '../elector/messages.ts'
import type { WatcherEffect, WatcherOptions, WatcherState, WatcherTimer } from './state.ts'

/** One step in the making: the state so far and the effects in their order. Lives for one call of the machine. */
export class Turn {
  state: WatcherState
  readonly effects: WatcherEffect[] = []
  readonly nowMs: number

  constructor(state: WatcherState, nowMs: number) {
    this.state = state
    this.nowMs = nowMs
  }

  get options(): WatcherOptions {
    return this.state.options
  }

  change(part: Partial<WatcherState>): void {
    this.state = { ...this.state, ...part }
  }

  perform(effect: WatcherEffect): void {
    this.effects.push(effect)
  }

  log(level: LogLevel, line: string): void {
    this.perform({ type: 'log', level, line })
  }

  count(counter: string): void {
    const { counters } = this.state
    this.change({ counters: { ...counters, [counter]: (counters[counter] ?? 0) + 1 } })
  }

  startTimer(timer: WatcherTimer, delayMs: number): void {
    const generation = this.state.nextGeneration
    this.change({ nextGeneration: generation + 1, timers: { ...this.state.timers, [timer]: generation } })
    this.perform({ type: 'startTimer', timer, generation, delayMs })
  }

  /** To all announcers that run; each ignores what is not its own. */
  tellAnnouncers(message: AnnouncerHint): void {
    for (const to of this.options.announcers) {
      if (this.state.peersUp.has(to)) this.perform({ type: 'send', to, message })
    }
  }

  /** To all electors that run, if it is news. */
  track(message: TrackMessage): void {
    const { tracks, peersUp } = this.state
    const known = tracks[message.source]
    if (known?.state === message.state && known.reason === message.reason) return
    this.change({ tracks: { ...tracks, [message.source]: message } })
    for (const to of this.options.electors) if (peersUp.has(to)) this.perform({ type: 'send', to, message })
  }

  /** Asks who has an address, where the interface can carry it. */
  ask(target: string, sender: string): void {
    const link = this.state.truth?.link
    if (!link?.up) return
    this.count('arpRequestsSent')
    this.perform({ type: 'askArp', interfaceIndex: link.index, mac: link.mac, sender, target })
  }

  /** Whether the address is on the interface now. */
  holds(address: string): boolean {
    return this.state.truth?.addresses.some((held) => held.address === address) ?? false
  }
}
