import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import { IPV6_HEADER_BYTES } from '../../runtime/wire/ipv6.ts'
import type { ElectorName } from '../elector/messages.ts'

/** A virtual router of this node, and the actor that elects it. */
export interface VrrpRoute {
  readonly elector: ElectorName
  readonly family: AddressFamily
  /** 1..255. */
  readonly virtualRouterId: number
}

/**
 * Which elector a VRRP packet is for: that of its family and VRID. What names none of ours, or is too short to name one, goes
 * to the first of the family, which counts it and knows who else is there; undefined where the family is nobody's.
 */
export function electorFor(
  routes: readonly VrrpRoute[],
  family: AddressFamily,
  packet: Uint8Array,
): ElectorName | undefined {
  const ofFamily = routes.filter((route) => route.family === family)
  const [first] = ofFamily
  if (ofFamily.length < 2) return first?.elector
  const vrid = vridOf(family, packet)
  return (ofFamily.find(({ virtualRouterId }) => virtualRouterId === vrid) ?? first)?.elector
}

/** The second byte of the VRRP header, in version 2 and 3 (RFC 9568 §5.2.3). The port puts headers of IPv6 together without extensions. */
function vridOf(family: AddressFamily, packet: Uint8Array): number | undefined {
  const headerBytes = family === 'ipv6' ? IPV6_HEADER_BYTES : ((packet[0] ?? 0) & 0x0f) * 4
  return packet[headerBytes + 1]
}
