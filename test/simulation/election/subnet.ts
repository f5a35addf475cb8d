import type { ElectorEvent, Phase } from '../../../actors/elector/state.ts'
import { VRRP_GROUPS } from '../../../runtime/wire/vrrp.ts'
import { FakeClock } from '../../fakes/clock.ts'
import type { Client } from './client.ts'
import type { Dice } from './dice.ts'
import type { Host } from './host.ts'

/** How the switch treats frames, each receiver's by itself. May change at any time. */
export interface Weather {
  /** On the way for this long at least, ms. */
  delayMs: number
  /** And up to this much longer: frames may overtake each other. */
  jitterMs: number
  /** Shares of all deliveries, 0..1. */
  loss: number
  duplicates: number
  /** Lost as well, but never two in a row at one receiver: what the protocol must not even notice. */
  isolatedLoss: number
}

/** The longest that a frame is on its way in fair weather, ms. */
export const FAIR_DELAY_MS = 4
export const FAIR: Readonly<Weather> = {
  delayMs: 0.05,
  jitterMs: FAIR_DELAY_MS - 0.05,
  loss: 0,
  duplicates: 0.01,
  isolatedLoss: 0,
}

/** Sees what happens on the subnet, to judge it. */
export interface Observer {
  /** An advert has reached the kernel of a host. */
  arrived(host: Host, packet: Uint8Array): void
  /** An elector has changed its state, from `before`, by that event. */
  changed(host: Host, before: Phase['label'], event: ElectorEvent): void
}

/** A switch with hosts and clients around it, all under one clock, the world's. */
export class Subnet {
  readonly clock = new FakeClock()
  readonly hosts: Host[] = []
  readonly clients: Client[] = []
  weather: Weather = { ...FAIR }
  observer: Observer | undefined
  /** When the last frame that is under way will have arrived. */
  allArrivedMs = 0
  readonly #dice: Dice
  readonly #lostLast = new Set<Host>()

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** To the host of that address, or of VRRP's group to every other, on the sender's island. */
  carry(from: Host, destination: string, packet: Uint8Array): void {
    for (const host of this.hosts) {
      if (host === from || host.island !== from.island) continue
      if (destination !== VRRP_GROUPS.ipv4 && destination !== host.options.primaryAddress) continue
      if (this.#loses(host)) continue
      const copies = this.#dice.chance(this.weather.duplicates) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) this.#later(() => this.#arrive(from, host, packet))
    }
  }

  /** Gratuitous ARP: to every client of the island. */
  carryArp(from: Host): void {
    for (const client of this.clients) {
      if (client.island !== from.island || this.#dice.chance(this.weather.loss)) continue
      this.#later(() => {
        if (client.island === from.island) client.hear(from.mac, this.clock.nowMs())
      })
    }
  }

  changed(host: Host, before: Phase['label'], event: ElectorEvent): void {
    this.observer?.changed(host, before, event)
  }

  /** All hosts whose kernel answers for the virtual address there. */
  holdersOn(island: number): Host[] {
    return this.hosts.filter((host) => host.island === island && host.holds())
  }

  #arrive(from: Host, host: Host, packet: Uint8Array): void {
    // What was under way when the cable was pulled does not arrive.
    if (host.island !== from.island) return
    this.observer?.arrived(host, packet)
    host.gateway?.arrive(packet)
  }

  #later(deliver: () => void): void {
    const { delayMs, jitterMs } = this.weather
    const onTheWayMs = delayMs + this.#dice.between(0, jitterMs)
    this.allArrivedMs = Math.max(this.allArrivedMs, this.clock.nowMs() + onTheWayMs)
    this.clock.setTimer(onTheWayMs, deliver)
  }

  #loses(host: Host): boolean {
    const { loss, isolatedLoss } = this.weather
    if (loss > 0 && this.#dice.chance(loss)) return true
    if (isolatedLoss === 0) return false
    const isLost = !this.#lostLast.has(host) && this.#dice.chance(isolatedLoss)
    if (isLost) this.#lostLast.add(host)
    else this.#lostLast.delete(host)
    return isLost
  }
}
