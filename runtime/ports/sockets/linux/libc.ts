/**
 * libc as the Linux ports use it, through koffi (a call costs 20-40 ns more than the system call itself). Every function
 * is the bare call: negative means failed, and `lastFailure` then says why. Nothing here blocks unless its caller gives
 * it a blocking descriptor.
 *
 * The structures are laid out for little-endian hosts, which is every platform that Node.js >= 24 is released for on
 * Linux but s390x; there this file refuses to load instead of sending addresses the wrong way round.
 */
import { constants, endianness } from 'node:os'
import koffi from 'koffi'
import { held, letGo, takeHeld } from '../../process/linux/descriptors.ts'
import { type Refusal, refused } from '../../result.ts'

if (endianness() !== 'LE') throw new Error('proxyha runs on little-endian hosts only')

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const AF_PACKET = 17

export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_BROADCAST = 6
export const SO_RCVBUF = 8
export const SO_REUSEPORT = 15
export const SO_RCVTIMEO = 20
export const SO_BINDTODEVICE = 25
export const SO_ATTACH_FILTER = 26
/** Like SO_RCVBUF, but not bounded by net.core.rmem_max; needs CAP_NET_ADMIN. */
export const SO_RCVBUFFORCE = 33
/** The memory of a socket and what was lost for lack of it. */
export const SO_MEMINFO = 55

export const IPPROTO_IP = 0
export const IPPROTO_TCP = 6
/** A raw socket that sends what is given to it, IP header included. */
export const IPPROTO_RAW = 255
export const IP_MULTICAST_IF = 32
export const IP_MULTICAST_LOOP = 34
export const IP_ADD_MEMBERSHIP = 35

export const IPPROTO_IPV6 = 41
export const IPV6_MULTICAST_IF = 17
export const IPV6_MULTICAST_LOOP = 19
export const IPV6_JOIN_GROUP = 20

export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
export const MSG_NOSIGNAL = 0x4000

export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4
export const NETLINK_NETFILTER = 12

/** Symbols of the running process, which is linked against the C library of the host, be it glibc or musl. */
const process = koffi.load(null)

const openSocket: (family: number, type: number, protocol: number) => number = process.func('int socket(int, int, int)')
const closeDescriptor: (fd: number) => number = process.func('int close(int)')

/** Like every descriptor of a port it is closed by `close` of this file, or with its actor's thread. */
export const socket = (family: number, type: number, protocol: number): number =>
  held(openSocket(family, type, protocol))

export function close(fd: number): number {
  letGo(fd)
  return closeDescriptor(fd)
}

/** Closes what a thread that has ended has left open. */
export function closeHeld(ledger: SharedArrayBuffer): void {
  for (const fd of takeHeld(ledger)) closeDescriptor(fd)
}

export const bind: (fd: number, address: Uint8Array, length: number) => number = process.func(
  'int bind(int, void *, uint32_t)',
)
export const setsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: number) => number =
  process.func('int setsockopt(int, int, int, void *, uint32_t)')
export const sendto: (
  fd: number,
  buffer: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: number,
) => number = process.func('long sendto(int, void *, size_t, int, void *, uint32_t)')
export const recv: (fd: number, buffer: Uint8Array, length: number, flags: number) => number = process.func(
  'long recv(int, void *, size_t, int)',
)
/** The index of an interface in this thread's network namespace, 0 where there is none of that name. */
export const if_nametoindex: (name: string) => number = process.func('uint32_t if_nametoindex(const char *)')
export const strerror: (errno: number) => string = process.func('const char *strerror(int)')

const nameByErrno = new Map<number, string>()
for (const [name, errno] of Object.entries(constants.errno)) if (!nameByErrno.has(errno)) nameByErrno.set(errno, name)

/** `ENODEV` and the like; `E<number>` for one that Node.js has no name for. */
export function errnoName(errno: number): string {
  return nameByErrno.get(errno) ?? `E${errno}`
}

/** The name of the errno whose strerror(3) text this is; undefined for any other text. */
export function errnoOfText(text: string): string | undefined {
  for (const [errno, name] of nameByErrno) if (strerror(errno) === text) return name
  return undefined
}

/** The errno that the C library last set on this thread. Ask right after the call that failed. */
export function lastErrno(): number {
  return koffi.errno()
}

/** A refusal for an errno: `what` is the call or the thing that was tried. */
export function errnoRefusal(what: string, errno: number): Refusal {
  return refused(errnoName(errno), `${what}: ${strerror(errno)}`)
}

/** Why the last call failed. Ask right after it. */
export function lastFailure(what: string): Refusal {
  return errnoRefusal(what, lastErrno())
}

/** A C `int` as an option value. */
export function intOption(value: number): Uint8Array {
  const option = Buffer.alloc(4)
  option.writeInt32LE(value)
  return option
}

/** `struct timeval` of a 64-bit host as an option value. */
export function timevalOption(milliseconds: number): Uint8Array {
  const option = Buffer.alloc(16)
  option.writeBigInt64LE(BigInt(Math.floor(milliseconds / 1000)), 0)
  option.writeBigInt64LE(BigInt(Math.round((milliseconds % 1000) * 1000)), 8)
  return option
}

/** `struct ip_mreqn`: a multicast group (zeros where only the interface counts), our address and the interface. */
export function ipMreqn(group: Uint8Array, address: Uint8Array, interfaceIndex: number): Buffer {
  const option = Buffer.alloc(12)
  option.set(group, 0)
  option.set(address, 4)
  option.writeInt32LE(interfaceIndex, 8)
  return option
}

/** `struct sockaddr_in` of the four address bytes. */
export function sockaddrIpv4(address: Uint8Array, port: number): Uint8Array {
  const sockaddr = Buffer.alloc(16)
  sockaddr.writeUInt16LE(AF_INET, 0)
  sockaddr.writeUInt16BE(port, 2)
  sockaddr.set(address, 4)
  return sockaddr
}

/** `struct ipv6_mreq`: a multicast group and the interface. */
export function ipv6Mreq(group: Uint8Array, interfaceIndex: number): Buffer {
  const option = Buffer.alloc(20)
  option.set(group, 0)
  option.writeInt32LE(interfaceIndex, 16)
  return option
}

/** `struct sockaddr_in6` of the sixteen address bytes; a link-local address needs its interface. */
export function sockaddrIpv6(address: Uint8Array, port: number, interfaceIndex = 0): Uint8Array {
  const sockaddr = Buffer.alloc(28)
  sockaddr.writeUInt16LE(AF_INET6, 0)
  sockaddr.writeUInt16BE(port, 2)
  sockaddr.set(address, 8)
  sockaddr.writeUInt32LE(interfaceIndex, 24)
  return sockaddr
}

/** `struct sockaddr_nl`: port id 0 is the kernel, or lets it choose ours; `groups` are those to listen to. */
export function sockaddrNetlink(groups = 0): Uint8Array {
  const sockaddr = Buffer.alloc(12)
  sockaddr.writeUInt16LE(AF_NETLINK, 0)
  sockaddr.writeUInt32LE(groups, 8)
  return sockaddr
}

/** `struct sockaddr_ll`: where a frame leaves. `etherType` as a number, e.g. 0x0806. */
export function sockaddrLinkLayer(interfaceIndex: number, etherType: number, destinationMac: Uint8Array): Uint8Array {
  const sockaddr = Buffer.alloc(20)
  sockaddr.writeUInt16LE(AF_PACKET, 0)
  sockaddr.writeUInt16BE(etherType, 2)
  sockaddr.writeInt32LE(interfaceIndex, 4)
  sockaddr[11] = destinationMac.length
  sockaddr.set(destinationMac, 12)
  return sockaddr
}

/**
 * `struct sockaddr_un` of a path in the file system, or of an abstract name, which begins with a NUL and ends with its last byte; undefined
 * where it is longer than the 107 bytes there is room for.
 */
export function sockaddrUnix(path: string): Uint8Array | undefined {
  const bytes = Buffer.from(path)
  if (bytes.length > 107) return undefined
  const sockaddr = Buffer.alloc(2 + bytes.length + (bytes[0] === 0 ? 0 : 1))
  sockaddr.writeUInt16LE(AF_UNIX, 0)
  sockaddr.set(bytes, 2)
  return sockaddr
}
