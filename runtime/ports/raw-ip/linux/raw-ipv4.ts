import { addressBytes } from '../../../wire/ip-address-bytes.ts'
import { emitIpv4Packet } from '../../../wire/ipv4.ts'
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

/** The group of the VRRP routers (RFC 9568 §5.1.1.2). */
const VRRP_GROUP = '224.0.0.18'
const PROTOCOL_VRRP = 112
const PAYLOAD_BYTES_MAX = 65_535 - 20
/** RFC 9568 §5.1.1.3: a receiver can tell by it that no router passed the packet on. */
const TIME_TO_LIVE = 255

/** IPv4: packets come with their header. */
export const rawIpv4: ChannelFamily = {
  addressFamily: 1,
  receivers: [
    {
      prepare(socket, protocol, { source, interfaceIndex }) {
        if (protocol !== PROTOCOL_VRRP) {
          // The kernel gives a broadcast to its sender, too.
          socket.setOption(SOL_SOCKET, SO_ATTACH_FILTER, notFromIpv4(bytesOf(source)), FILTER_OPTION_LENGTH)
          return
        }
        const membership = ipMreqn(bytesOf(VRRP_GROUP), bytesOf(source), interfaceIndex)
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
    return emitIpv4Packet({ source, destination, protocol, ttl: TIME_TO_LIVE, payload })
  },
}

function bytesOf(address: string): Uint8Array {
  const bytes = addressBytes(address)
  if (bytes?.length !== 4) throw new Error(`${address} is no IPv4 address`)
  return bytes
}
