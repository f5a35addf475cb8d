import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { VRRP_PROTOCOL } from '../../../runtime/wire/vrrp.ts'

const IP_HEADER = 20
const VRRP_PRIORITY = 2

/** An advert's whole packet, as its receivers' raw sockets give it. Shared between them: nobody writes into it. */
export function emitPacket(source: string, destination: string, payload: Uint8Array): Uint8Array {
  return emitIpv4Packet({ source, destination, protocol: VRRP_PROTOCOL, ttl: 255, payload })
}

/** The priority in a packet of `emitPacket`. */
export const priorityOf = (packet: Uint8Array): number => packet[IP_HEADER + VRRP_PRIORITY]!
