import type { Netlink } from '../../netlink/netlink.ts'
import { openLinuxPacketPort } from '../../raw-ip/linux/packet.ts'
import { done, type Result, refused } from '../../result.ts'
import {
  AF_INET,
  bind,
  close,
  errnoName,
  lastErrno,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  sockaddrIpv4,
  socket,
} from '../../sockets/linux/libc.ts'
import { putNowhere } from './rehearsal.ts'

const NOT_PERMITTED: ReadonlySet<string> = new Set(['EPERM', 'EACCES'])
const ANY = Uint8Array.of(0, 0, 0, 0)

/**
 * What a gateway cannot do without, by trying it in vain: a capability counts over the process's own network namespace only, so that its
 * name in /proc says little. `ports`: those that the gateway has to listen on itself. The refusal names all that is lacking (`EPERM`).
 */
export function checkPrivileges(netlink: Netlink, ports: readonly number[]): Result {
  const closed = ports.filter((port) => !mayBind(port))
  const missing = [
    ...(isPermitted(putNowhere(netlink)) ? [] : ['CAP_NET_ADMIN over this network, to hold the virtual IPs']),
    ...(mayOpenRaw() ? [] : ['CAP_NET_RAW over this network, to send and hear adverts']),
    ...(closed.length === 0 ? [] : [`CAP_NET_BIND_SERVICE, to listen on port ${closed.join(', ')}`]),
  ]
  if (missing.length === 0) return done
  return refused('EPERM', `lacks ${missing.join('; ')}. Run it as root, or grant it (AmbientCapabilities= of its unit)`)
}

const isPermitted = (result: Result): boolean => result.ok || !NOT_PERMITTED.has(result.code)

function mayOpenRaw(): boolean {
  const packet = openLinuxPacketPort()
  if (packet.ok) packet.value.close()
  return packet.ok || !NOT_PERMITTED.has(packet.code)
}

/** Bound, not listened on: nobody is answered. A port that is taken is another matter. */
function mayBind(port: number): boolean {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return true
  const address = sockaddrIpv4(ANY, port)
  const permitted = bind(fd, address, address.length) >= 0 || !NOT_PERMITTED.has(errnoName(lastErrno()))
  close(fd)
  return permitted
}
