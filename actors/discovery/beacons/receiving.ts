import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import { type BeaconAudience, type BeaconMark, parseAudience } from '../../../runtime/wire/beacon/audience.ts'
import {
  BEACON_BROADCAST,
  BEACON_PROTOCOL,
  type BeaconFragment,
  openBeacon,
} from '../../../runtime/wire/beacon/beacon.ts'
import { type BeaconBody, parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { reassemble } from '../../../runtime/wire/beacon/reassembly.ts'
import { samePrefix } from '../../../runtime/wire/ip-address-bytes.ts'
import { type Ipv4Packet, ON_LINK_TTL, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { withoutClaim } from '../claims.ts'
import { strayVirtualRouterId } from '../members/strays.ts'
import { versionsOf } from '../options.ts'
import { type DiscoveryState, ownMark } from '../state.ts'
import { pluralOf } from './outgoing.ts'
import { withRefusal } from './refusals.ts'
import { type FreshnessRefusal, judgeFreshness, withSession } from './sessions.ts'

/** What came from the wire. */
export type Received =
  /** A beacon to act on. `isNew`: its sender has just started, or was not known. */
  | {
      readonly kind: 'beacon'
      readonly state: DiscoveryState
      readonly from: string
      readonly body: BeaconBody
      /** All whom it is for. */
      readonly audience: BeaconAudience
      readonly isNew: boolean
    }
  /** A hello that is not fresh: to be answered as if it named that packet of its sender. */
  | { readonly kind: 'claim'; readonly state: DiscoveryState; readonly from: string; readonly mark: BeaconMark }
  /** It names what this node has not sent yet: this node is not what it was, or somebody sends in its name. */
  | { readonly kind: 'ahead'; readonly state: DiscoveryState; readonly sequence: number }
  /** A counter says why. */
  | { readonly kind: 'nothing'; readonly state: DiscoveryState }

/** Takes one IPv4 packet apart. */
export function receive(state: DiscoveryState, bytes: Uint8Array, nowMs: number): Received {
  const { managementIp, virtualRouterId, keys } = state.options
  const parsed = parseIpv4Packet(bytes)
  if (!parsed.ok || parsed.packet.protocol !== BEACON_PROTOCOL || parsed.packet.fragment) {
    return nothing(state, 'malformedPacket')
  }
  const { source, destination, payload } = parsed.packet
  // Our own broadcasts come back to our own socket.
  if (source === managementIp) return nothing(state, 'looped')
  const refused = (reason: string, stray: number | null = null) =>
    nothing(withRefusal(state, { reason, source, strayVirtualRouterId: stray }, nowMs), reason)
  const foreign = foreignReason(state, parsed.packet)
  if (foreign !== undefined) return refused(foreign)
  const opened = openBeacon(payload, virtualRouterId, keys, versionsOf(state.options))
  if (!opened.ok) {
    if (opened.reason !== 'otherVirtualRouter') return refused(opened.reason)
    const stray = strayVirtualRouterId(payload, state.options)
    // What a neighbouring group sends is not to hide a node of ours.
    return stray === undefined ? nothing(state, opened.reason) : refused(opened.reason, stray)
  }
  const { fragment, key } = opened
  if (fragment.address !== source) return nothing(state, 'wrongSource')
  const isForUs = destination === BEACON_BROADCAST || destination === managementIp
  if (fragment.destination !== destination || !isForUs) return nothing(state, 'wrongDestination')
  return judged(state, source, { fragment, key }, nowMs)
}

/** Of a beacon that was not sent on this subnet. With a prefix of 32 bits any neighbour is outside of it. */
function foreignReason({ options }: DiscoveryState, { source, ttl }: Ipv4Packet): string | undefined {
  const { managementIp, managementPrefixLength } = options
  if (ttl !== ON_LINK_TTL) return 'routed'
  const isInside = managementPrefixLength === 32 || samePrefix(source, managementIp, managementPrefixLength)
  return isInside ? undefined : 'outsideSubnet'
}

function judged(
  state: DiscoveryState,
  source: string,
  { fragment, key }: { readonly fragment: BeaconFragment; readonly key: string | null },
  nowMs: number,
): Received {
  const { intervalMs } = state.options
  const session = state.sessions.get(source)
  const patience = { intervalMs, authenticated: key !== null }
  const verdict = judgeFreshness(session, fragment, ownMark(state), nowMs, patience)
  if (!verdict.fresh) return unbelieved(state, source, fragment, verdict.reason, nowMs)
  const whole = reassemble(verdict.session.partial, fragment)
  const body = whole.kind === 'whole' ? parseBeaconBody(fragment.type, whole.body) : undefined
  const { isNew } = verdict.session
  const next = {
    ...verdict.session,
    key,
    partial: whole.kind === 'partial' ? whole.partial : null,
    isNew: isNew && body === undefined,
    left: (body?.type === 'hello' || body?.type === 'report') && body.leaving,
  }
  const heard = withoutClaim({ ...state, sessions: withSession(state.sessions, source, next) }, source, fragment.epoch)
  if (whole.kind === 'broken') return nothing(heard, 'brokenFragments')
  // Counted as well, so that what discovery says of packets adds up to what it was given.
  if (whole.kind === 'partial') return nothing(heard, 'fragmentsReceived')
  if (body === undefined) return nothing(heard, 'malformedBody')
  const audience = parseAudience(whole.audience)
  return {
    kind: 'beacon',
    state: counted(heard, `${pluralOf(body.type)}Received`),
    from: source,
    body,
    audience,
    isNew,
  }
}

/** Its HMAC is right, and it is not fresh. A hello is answered, whatever it is: it may come from a director that has just started. */
function unbelieved(
  state: DiscoveryState,
  source: string,
  fragment: BeaconFragment,
  reason: FreshnessRefusal,
  nowMs: number,
): Received {
  const refused = counted(withRefusal(state, { reason, source, strayVirtualRouterId: null }, nowMs), reason)
  const { type, index, epoch, sequence } = fragment
  if (reason === 'ahead') {
    const named = parseAudience(fragment.audience).get(state.options.managementIp)
    return { kind: 'ahead', state: refused, sequence: named?.sequence ?? 0 }
  }
  if (type !== 'hello' || index > 0) return { kind: 'nothing', state: refused }
  const session = state.sessions.get(source)
  // Who repeats itself has to learn how far it has come.
  const known = session?.epoch === epoch ? session.sequence : sequence
  return { kind: 'claim', state: refused, from: source, mark: { epoch, sequence: Math.max(known, sequence) } }
}

const nothing = (state: DiscoveryState, reason: string): Received => ({
  kind: 'nothing',
  state: counted(state, reason),
})
