import { RateLimit } from '../../runtime/actor-system/inspection/rate-limit.ts'
import { type BeaconGlance, glanceAtBeacon, hasRightHmac } from '../../runtime/wire/beacon/beacon.ts'
import { samePrefix } from '../../runtime/wire/ip-address-bytes.ts'
import { ON_LINK_TTL, parseIpv4Packet } from '../../runtime/wire/ipv4.ts'
import { type Admitted, BUDGETS, BURSTS } from './budgets.ts'

/** What a beacon of this node's group is like. */
export interface BeaconRules {
  readonly virtualRouterId: number
  /** One of them its HMAC must be by; none: it must have no HMAC. */
  readonly keys: readonly string[]
  readonly managementIp: string
  /** 32: what the subnet is, is not known. */
  readonly managementPrefixLength: number
}

/** HMACs that are computed, of each share: 2.5 µs each, on the thread of the adverts. Garbage costs one by each key. */
const CHECKS = { burst: 1000, perSecond: 10_000 }
/** Beacons a second of the nodes that are known, beside all others: 64 of them say ten in their busiest one. */
const KNOWN = { burst: 200, perSecond: 1000 }

/** One share of what can be looked at. */
class Share {
  readonly checks: RateLimit
  readonly right: RateLimit

  constructor(right: { readonly burst: number; readonly perSecond: number }, nowMs: number) {
    this.checks = new RateLimit(CHECKS.burst, CHECKS.perSecond, nowMs)
    this.right = new RateLimit(right.burst, right.perSecond, nowMs)
  }
}

/**
 * Which beacons are handed on. The cheap looks come first: TTL, subnet, header, and of a known node whether it goes on in the start
 * that it is known by. Then the HMAC, so that what anybody can make has the small budget of garbage. Known nodes have a share of their
 * own in both, so that no flood of strangers displaces them, and recordings of them are told by their sequence.
 */
export class BeaconAdmission {
  #rules: BeaconRules
  readonly #known: Share
  readonly #strangers: Share
  readonly #wrong: RateLimit
  /** The present epoch of each known node; at most 63. */
  #epochs: ReadonlyMap<string, string> = new Map()
  /** The last packet of each known node. */
  readonly #last = new Map<string, { readonly epoch: string; readonly sequence: number }>()

  constructor(rules: BeaconRules, nowMs: number) {
    this.#rules = rules
    this.#known = new Share(KNOWN, nowMs)
    this.#strangers = new Share({ burst: BURSTS.right, perSecond: BUDGETS[253].right }, nowMs)
    this.#wrong = new RateLimit(BURSTS.wrong, BUDGETS[253].wrong, nowMs)
  }

  /** The nodes that are known from now on, by management IP, with the epoch of each. */
  know(epochs: ReadonlyMap<string, string>): void {
    this.#epochs = epochs
    for (const address of this.#last.keys()) if (!epochs.has(address)) this.#last.delete(address)
  }

  /** Other rules from now on; what is known of nodes, and what is left of the budgets, stays. */
  follow(rules: BeaconRules): void {
    this.#rules = rules
  }

  admit(packet: Uint8Array, nowMs: number): Admitted {
    const ip = parseIpv4Packet(packet)
    const glance = ip.ok && this.#isFromSubnet(ip.packet) ? this.#glance(ip.packet) : undefined
    if (!ip.ok || glance === undefined) return this.#admitWrong(nowMs)
    const { address, epoch, sequence } = glance
    const isKnown = this.#epochs.get(address) === epoch
    const last = this.#last.get(address)
    if (isKnown && last?.epoch === epoch && sequence <= last.sequence) return this.#admitWrong(nowMs)
    const share = isKnown ? this.#known : this.#strangers
    const hmac = this.#hmacOf(ip.packet.payload, share, nowMs)
    if (hmac === 'unchecked') return 'lost'
    if (hmac === 'wrong') return this.#admitWrong(nowMs)
    if (!share.right.take(nowMs)) return 'lost'
    if (isKnown) this.#last.set(address, { epoch, sequence })
    return 'passed'
  }

  /** `unchecked`: the budget is used up before a key has shown it right. */
  #hmacOf(payload: Uint8Array, { checks }: Share, nowMs: number): 'right' | 'wrong' | 'unchecked' {
    const { keys } = this.#rules
    for (const key of keys) {
      if (!checks.take(nowMs)) return 'unchecked'
      if (hasRightHmac(payload, key)) return 'right'
    }
    return keys.length === 0 ? 'right' : 'wrong'
  }

  #isFromSubnet({ source, ttl }: { readonly source: string; readonly ttl: number }): boolean {
    const { managementIp, managementPrefixLength } = this.#rules
    return (
      ttl === ON_LINK_TTL && (managementPrefixLength === 32 || samePrefix(source, managementIp, managementPrefixLength))
    )
  }

  #glance(packet: { readonly source: string; readonly payload: Uint8Array }): BeaconGlance | undefined {
    const { virtualRouterId, keys } = this.#rules
    const glance = glanceAtBeacon(packet.payload)
    const isOurs = glance?.virtualRouterId === virtualRouterId && glance.authenticated === keys.length > 0
    return isOurs && glance.address === packet.source ? glance : undefined
  }

  #admitWrong(nowMs: number): Admitted {
    return this.#wrong.take(nowMs) ? 'passed' : 'surplus'
  }
}
