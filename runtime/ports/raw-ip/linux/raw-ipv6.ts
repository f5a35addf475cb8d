import type { RawSocket } from 'raw-socket'
import { addressBytes } from '../../../wire/ip-address-bytes.ts'
import { ON_LINK_TTL } from '../../../wire/ipv4.ts'
import { emitIpv6Packet, IPV6_HEADER_BYTES } from '../../../wire/ipv6.ts'
import { VRRP_GROUPS } from '../../../wire/vrrp.ts'
import { done, type Result, refused } from '../../result.ts'
import {
  AF_INET6,
  bind,
  close,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  ipv6Mreq,
  lastFailure,
  socket as openSocket,
  SO_ATTACH_FILTER,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  sockaddrIpv6,
} from '../../sockets/linux/libc.ts'
import { FILTER_OPTION_LENGTH, ipv6Filter } from './packet-filter.ts'
import type { ChannelAddress, ChannelFamily, ChannelReceiver } from './raw-ip-channel.ts'

/** Stands for any hop limit but 255, and for hop-by-hop options, which an advert has no use for: all that is known of such a packet. */
const OTHER_HOP_LIMIT = 0
const PAYLOAD_BYTES_MAX = 65_535 - IPV6_HEADER_BYTES

/**
 * IPv6. The kernel gives a raw socket the payload without its header, and raw-socket asks for no ancillary data, so that
 * neither hop limit nor destination can be read. They are told by which of three sockets a packet comes through: the
 * kernel's own filters have sorted them before. The header is then put together again, with as much as that says.
 */
export const rawIpv6: ChannelFamily = {
  addressFamily: 2,
  receivers: [
    receiver('plain', () => [VRRP_GROUPS.ipv6, ON_LINK_TTL]),
    receiver('odd', () => [VRRP_GROUPS.ipv6, OTHER_HOP_LIMIT]),
    receiver('unicast', ({ source }) => [source, ON_LINK_TTL]),
  ],
  prepareSender(socket, { interfaceIndex }) {
    socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_IF, interfaceIndex)
    socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
  },
  emit(protocol, source, destination, payload) {
    if (addressBytes(destination)?.length !== 16 || payload.length > PAYLOAD_BYTES_MAX) return undefined
    return emitIpv6Packet({ source, destination, protocol, hopLimit: ON_LINK_TTL, payload })
  },
}

/** `plain`, `odd`: to the group, as a router's advert is, and in any other way. */
function receiver(
  kind: 'plain' | 'odd' | 'unicast',
  headerOf: (address: ChannelAddress) => readonly [destination: string, hopLimit: number],
): ChannelReceiver {
  const group = addressBytes(VRRP_GROUPS.ipv6) ?? new Uint8Array()
  return {
    prepare(socket: RawSocket, _protocol, { interfaceIndex }) {
      const header = { hopLimit: ON_LINK_TTL, plain: kind === 'plain' }
      // First the filter: nothing that is not for this socket may wait in it.
      const filter = ipv6Filter(kind === 'unicast' ? { destination: group } : { destination: group, header })
      socket.setOption(SOL_SOCKET, SO_ATTACH_FILTER, filter, FILTER_OPTION_LENGTH)
      if (kind === 'unicast') return
      const membership = ipv6Mreq(group, interfaceIndex)
      socket.setOption(IPPROTO_IPV6, IPV6_JOIN_GROUP, membership, membership.length)
    },
    packet(payload, source, protocol, address) {
      const [destination, hopLimit] = headerOf(address)
      return emitIpv6Packet({ source, destination, protocol, hopLimit, payload })
    },
  }
}

/**
 * Whether the kernel lets this address be used: `EADDRNOTAVAIL` where the interface has it not, or not yet, as duplicate
 * address detection takes a second or two after the link came up (RFC 4862 §5.4).
 */
export function checkIpv6Source({ source, interfaceIndex, interfaceName }: ChannelAddress): Result {
  const bytes = addressBytes(source)
  if (bytes?.length !== 16) return refused('EINVAL', `${source} is no IPv6 address`)
  const fd = openSocket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return lastFailure('IPv6 socket')
  const address = sockaddrIpv6(bytes, 0, interfaceIndex)
  const bound = bind(fd, address, address.length) < 0 ? lastFailure(`${source} on ${interfaceName}`) : done
  close(fd)
  return bound
}
