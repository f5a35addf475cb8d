/** What a client that counts SYNs needs of the C library beside the forwarders' calls. */
import { constants } from 'node:os'
import koffi from 'koffi'
import {
  AF_INET,
  bind,
  close,
  IPPROTO_IP,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  setsockopt,
  sockaddrIpv4,
  socket,
} from '../../runtime/ports/sockets/linux/libc.ts'
import { parseIpv4 } from '../../runtime/wire/addresses.ts'

const SO_ERROR = 4
/** The port is chosen by connect, so that one port serves many targets. */
const IP_BIND_ADDRESS_NO_PORT = 24
const TCP_INFO = 11
/** Of tcpi_total_retrans in `struct tcp_info`, and the bytes that are read of it. */
const TOTAL_RETRANSMITS_AT = 100
const TCP_INFO_LENGTH = 104

const libc = koffi.load(null)
const connect: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int connect(int, void *, uint32_t)',
)
const getsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array) => number =
  libc.func('int getsockopt(int, int, int, void *, void *)')

const on = new Uint8Array(Int32Array.of(1).buffer)
const value = new Uint8Array(TCP_INFO_LENGTH)
const view = new DataView(value.buffer)
const length = new Uint32Array(1)
const lengthBytes = new Uint8Array(length.buffer)

/** An IPv4 address as the kernel takes it. @throws Error for what is none */
export function socketAddress(ip: string, port: number): Uint8Array {
  const word = parseIpv4(ip)
  if (word === undefined) throw new Error(`${ip} is no IPv4 address`)
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, word)
  return sockaddrIpv4(bytes, port)
}

/** A socket that is connecting from a local address; less than 0: `-errno`. */
export function connectFrom(local: Uint8Array, target: Uint8Array): number {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return -koffi.errno()
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on, on.length)
  if (bind(fd, local, local.length) >= 0 && connect(fd, target, target.length) >= 0) return fd
  const errno = koffi.errno()
  if (errno === constants.errno.EINPROGRESS) return fd
  close(fd)
  return -errno
}

/** Why a socket failed, as an errno; 0 = it did not. */
export const socketError = (fd: number): number => option(fd, SOL_SOCKET, SO_ERROR, 4).getUint32(0, true)

/** Packets that this connection has sent again: of one that has just been established, its SYNs. */
export const retransmits = (fd: number): number =>
  option(fd, IPPROTO_TCP, TCP_INFO, TCP_INFO_LENGTH).getUint32(TOTAL_RETRANSMITS_AT, true)

function option(fd: number, level: number, name: number, bytes: number): DataView {
  length[0] = bytes
  if (getsockopt(fd, level, name, value, lengthBytes) < 0)
    throw new Error(`getsockopt ${level} ${name}: errno ${koffi.errno()}`)
  return view
}
