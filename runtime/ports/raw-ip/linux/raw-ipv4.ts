import { addressBytes } from '../../../wire/ip-address-bytes.ts'
import { emitIpv4Packet, IPV4_HEADER_BYTES, ON_LINK_TTL } from '../../../wire/ipv4.ts'
import { VRRP_GROUPS, VRRP_PROTOCOL } from '../../../wire/vrrp.ts'
import {
  IP_ADD_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IPPROTO_IP,
  ipMreqn,
  SO_ATTACH_FILTER,
  SO_BROADCAST,
  SOL_SOCKET,
} from '../../sockets/linux/libc.ts'
import { FILTER_OPTION_LENGTH, notFromIpv4 } from './packet-filter.ts'
import type { ChannelFamily } from './raw-ip-channel.ts'

const PAYLOAD_BYTES_MAX = 65_535 - IPV4_HEADER_BYTES

/** IPv4: packets come with their header. */
export const rawIpv4: ChannelFamily = {
  addressFamily: 1,
  receivers: [
    {
      prepare(socket, protocol, { source, interfaceIndex }) {
        if (protocol !== VRRP_PROTOCOL) {
          // The kernel gives a broadcast to its sender, too.
          socket.setOption(SOL_SOCKET, SO_ATTACH_FILTER, notFromIpv4(bytesOf(source)), FILTER_OPTION_LENGTH)
          return
        }
        const membership = ipMreqn(bytesOf(VRRP_GROUPS.ipv4), bytesOf(source), interfaceIndex)
        socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length)
      },
      packet: (bytes) => new Uint8Array(bytes),
    },
  ],
  prepareSender(socket, { source, interfaceIndex }) {
    socket.setOption(SOL_SOCKET, SO_BROADCAST, 1)
    const outgoing = ipMreqn(bytesOf('0.0.0.0'), bytesOf(source), interfaceIndex)
    socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, outgoing, outgoing.length)
    socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0)
  },
  emit(protocol, source, destination, payload) {
    if (addressBytes(destination)?.length !== 4 || payload.length > PAYLOAD_BYTES_MAX) return undefined
    return emitIpv4Packet({ source, destination, protocol, ttl: ON_LINK_TTL, payload })
  },
}

function bytesOf(address: string): Uint8Array {
  const bytes = addressBytes(address)
  if (bytes?.length !== 4) throw new Error(`${address} is no IPv4 address`)
  return bytes
}
