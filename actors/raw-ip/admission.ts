import type { IpProtocol } from '../../runtime/ports/raw-ip.ts'
import { RateLimit } from '../../runtime/system/rate-limit.ts'
import { looksLikeBeacon } from '../../runtime/wire/beacon.ts'
import { parseIpv4Packet } from '../../runtime/wire/ipv4.ts'
import { parseIpv6Packet } from '../../runtime/wire/ipv6.ts'
import { parseAdvertisement } from '../../runtime/wire/vrrp.ts'

/** How many packets a second an actor can look at: of those that look right, and of the others, which it only counts. */
interface Budget {
  readonly right: number
  readonly wrong: number
}

export const BUDGETS: { readonly [Protocol in IpProtocol]: Budget } = {
  112: { right: 20_000, wrong: 2000 },
  253: { right: 5000, wrong: 500 },
}

/** At once: both together are fewer than the receiver's mailbox has room for. */
const BURSTS: Budget = { right: 600, wrong: 200 }

/**
 * Which packets of one protocol are handed on. Garbage has a small budget of its own, so that a flood of it cannot displace
 * the adverts of the master, whose absence would be taken for its death; enough of it passes to be counted by reason.
 */
export class Admission {
  readonly #looksRight: (packet: Uint8Array) => boolean
  readonly #right: RateLimit
  readonly #wrong: RateLimit

  constructor(protocol: IpProtocol, nowMs: number) {
    this.#looksRight = protocol === 112 ? isAdvert : isBeacon
    this.#right = new RateLimit(BURSTS.right, BUDGETS[protocol].right, nowMs)
    this.#wrong = new RateLimit(BURSTS.wrong, BUDGETS[protocol].wrong, nowMs)
  }

  /** Whether a packet as the raw socket gave it is to be handed on now. */
  admit(packet: Uint8Array, nowMs: number): boolean {
    const budget = this.#looksRight(packet) ? this.#right : this.#wrong
    return budget.take(nowMs)
  }
}

/** Well-formed, with TTL 255 and a checksum that is right: garbage passes once in 2^16 at most. */
function isAdvert(packet: Uint8Array): boolean {
  const ip = (packet[0] ?? 0) >> 4 === 6 ? parseIpv6Packet(packet) : parseIpv4Packet(packet)
  return ip.ok && parseAdvertisement(ip.packet, ip.packet.destination).ok
}

/** By its header. Its HMAC costs too much to be looked at here. */
function isBeacon(packet: Uint8Array): boolean {
  const ip = parseIpv4Packet(packet)
  return ip.ok && looksLikeBeacon(ip.packet.payload)
}
