import { RateLimit } from '../../runtime/actor-system/inspection/rate-limit.ts'
import { parseIpv4Packet } from '../../runtime/wire/ipv4.ts'
import { parseIpv6Packet } from '../../runtime/wire/ipv6.ts'
import { parseAdvertisement } from '../../runtime/wire/vrrp.ts'
import { type Admitted, BUDGETS, BURSTS } from './budgets.ts'

/**
 * Which adverts are handed on. Garbage has a small budget of its own, so that a flood of it cannot displace the adverts of the
 * master, whose absence would be taken for its death; enough of it passes to be counted by reason.
 */
export class AdvertAdmission {
  readonly #right: RateLimit
  readonly #wrong: RateLimit

  constructor(nowMs: number) {
    this.#right = new RateLimit(BURSTS.right, BUDGETS[112].right, nowMs)
    this.#wrong = new RateLimit(BURSTS.wrong, BUDGETS[112].wrong, nowMs)
  }

  /** A packet as the raw socket gave it. */
  admit(packet: Uint8Array, nowMs: number): Admitted {
    if (isAdvert(packet)) return this.#right.take(nowMs) ? 'passed' : 'lost'
    return this.#wrong.take(nowMs) ? 'passed' : 'surplus'
  }
}

/** Well-formed, with TTL 255 and a checksum that is right: garbage passes once in 2^16 at most. */
function isAdvert(packet: Uint8Array): boolean {
  const ip = (packet[0] ?? 0) >> 4 === 6 ? parseIpv6Packet(packet) : parseIpv4Packet(packet)
  return ip.ok && parseAdvertisement(ip.packet, ip.packet.destination).ok
}
