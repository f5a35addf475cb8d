import { counted, TimedTurn } from '../../runtime/actor-system/machine/turn.ts'
import { familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import type { AnnouncerHint } from '../announcer/messages.ts'
import type { TrackMessage } from '../elector/messages.ts'
import type { WatcherEffect, WatcherOptions, WatcherState, WatcherTimer } from './state.ts'

const PROBE_SENDER = '0.0.0.0'

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

  /** To all electors that run, or to these, whom it is news to. */
  track(message: TrackMessage, electors = this.options.electors): void {
    for (const to of electors) {
      const said = this.state.tracks.get(to)
      const known = said?.[message.source]
      if (known?.state === message.state && known.reason === message.reason) continue
      this.change({ tracks: new Map(this.state.tracks).set(to, { ...said, [message.source]: message }) })
      if (this.state.peersUp.has(to)) this.perform({ type: 'send', to, message })
    }
  }

  /** Asks who has an address. */
  ask(target: string): void {
    const { managementIp, linkLocalAddress } = this.options
    if (familyOf(target) === 'ipv4') this.#askFrom(this.holds(managementIp) ? managementIp : PROBE_SENDER, target)
    else if (linkLocalAddress !== null && this.holds(linkLocalAddress)) this.#askFrom(linkLocalAddress, target)
  }

  /** The same, but nobody shall learn from it where this node is. IPv6 knows no such question, and answers who asks alone. */
  probe(target: string): void {
    if (familyOf(target) === 'ipv4') this.#askFrom(PROBE_SENDER, target)
    else this.ask(target)
  }

  /** Where the interface can carry it. */
  #askFrom(sender: string, target: string): void {
    const link = this.state.truth?.link
    if (!link?.up) return
    this.count('requestsSent')
    this.perform({ type: 'ask', interfaceIndex: link.index, mac: link.mac, sender, target })
  }

  /** Whether the address is on the interface now. */
  holds(address: string): boolean {
    return this.state.truth?.addresses.some((held) => held.address === address) ?? false
  }
}
