import { counted, TimedTurn } from '../../runtime/system/turn.ts'
import type { AnnouncerHint } from '../announcer/messages.ts'
import type { TrackMessage } from '../elector/messages.ts'
import type { WatcherEffect, WatcherOptions, WatcherState, WatcherTimer } from './state.ts'

/** One step of the watcher in the making. */
export class Turn extends TimedTurn<WatcherTimer, WatcherState, WatcherEffect> {
  get options(): WatcherOptions {
    return this.state.options
  }

  count(counter: string): void {
    this.state = counted(this.state, counter)
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
