import { parseCapabilities, parseRealtimeLimit, textOf } from '../../host/linux/host-files.ts'
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
  const names = missing.map((each) => each.split(/[ ,]/, 1)[0])
  const unit = `AmbientCapabilities=${names.join(' ')} in its unit, and in CapabilityBoundingSet= where that is set`
  const file = `setcap ${names.join(',').toLowerCase()}+ep on a copy of node (PROXYHA_NODE), for workers mode alone`
  return refused('EPERM', `lacks ${missing.join('; ')}. Run it as root, or grant it: ${unit}; or ${file}`)
}

/** Whether threads may be made real-time, by a capability or a limit. Not tried: what is tried stays. */
export function mayBeRealtime(): boolean {
  const capabilities = parseCapabilities(textOf('/proc/self/status') ?? '') ?? []
  return capabilities.includes('CAP_SYS_NICE') || (parseRealtimeLimit(textOf('/proc/self/limits') ?? '') ?? 0) >= 1
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
