import { done, type Result, refused } from '../../result.ts'
import {
  AF_PACKET,
  close,
  lastFailure,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_RAW,
  sendto,
  sockaddrLinkLayer,
  socket,
} from '../../sockets/linux/libc.ts'
import type { PacketPort } from '../packet.ts'

const ETHERNET_HEADER_LENGTH = 14
const ETHERTYPE_OFFSET = 12

/** An AF_PACKET socket in the network namespace of the calling thread. It receives nothing: its protocol is 0. */
export function openLinuxPacketPort(): Result<PacketPort> {
  const fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)
  if (fd < 0) return lastFailure('packet socket')
  let closed = false
  return {
    ok: true,
    value: {
      send(interfaceIndex, frame) {
        if (closed) return refused('EBADF', 'packet socket: closed')
        if (frame.length < ETHERNET_HEADER_LENGTH) {
          return refused('EINVAL', `a frame of ${frame.length} bytes has no Ethernet header`)
        }
        const etherType = ((frame[ETHERTYPE_OFFSET] ?? 0) << 8) | (frame[ETHERTYPE_OFFSET + 1] ?? 0)
        const address = sockaddrLinkLayer(interfaceIndex, etherType, frame.subarray(0, 6))
        const sent = sendto(fd, frame, frame.length, MSG_DONTWAIT, address, address.length)
        return sent < 0 ? lastFailure(`frame to interface ${interfaceIndex}`) : done
      },
      close() {
        if (!closed) close(fd)
        closed = true
      },
    },
  }
}
