/** Reads the texts of /proc by which a host is diagnosed. What is not there is undefined, or left out. */
import { readFileSync } from 'node:fs'
import { formatIpv4 } from '../../../wire/addresses.ts'
import type { Capability, RouteView } from '../host-view.ts'

/** linux/capability.h */
const CAPABILITY_BITS: readonly (readonly [Capability, bigint])[] = [
  ['CAP_NET_ADMIN', 12n],
  ['CAP_NET_RAW', 13n],
  ['CAP_SYS_NICE', 23n],
]

/** Those in force (`CapEff`) in /proc/PID/status. */
export function parseCapabilities(status: string): readonly Capability[] | undefined {
  const digits = /^CapEff:\t([0-9a-f]{1,16})$/m.exec(status)?.[1]
  if (digits === undefined) return undefined
  const mask = BigInt(`0x${digits}`)
  return CAPABILITY_BITS.filter(([, bit]) => ((mask >> bit) & 1n) === 1n).map(([name]) => name)
}

/** The soft limit of open files in /proc/PID/limits. */
export function parseFileLimit(limits: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1]
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** The soft limit of real-time priorities in /proc/PID/limits; 0: a capability is needed. */
export function parseRealtimeLimit(limits: string): number | undefined {
  const soft = /^Max realtime priority +(\d+|unlimited) /m.exec(limits)?.[1]
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

const ROUTE_UP = 1
const ROUTE_REJECT = 0x200

/**
 * /proc/net/route: `Iface Destination Gateway Flags RefCnt Use Metric Mask ...` behind a line of titles. Addresses are
 * hexadecimal numbers in the byte order of the host, which is little-endian wherever Node.js runs on Linux but s390x.
 */
export function parseRoutes(text: string): readonly RouteView[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\S+)\t([0-9A-F]{8})\t[0-9A-F]{8}\t([0-9A-F]{4})\t\d+\t\d+\t\d+\t([0-9A-F]{8})\t/.exec(line)
    const [, interfaceName, destination, flags, mask] = found ?? []
    if (!interfaceName || !destination || !flags || !mask) return []
    const bits = Number.parseInt(flags, 16)
    if ((bits & ROUTE_UP) === 0 || (bits & ROUTE_REJECT) !== 0) return []
    return [{ network: formatIpv4(littleEndian(destination)), prefixLength: prefixLengthOf(mask), interfaceName }]
  })
}

const littleEndian = (digits: string) => Buffer.from(digits, 'hex').readUInt32LE(0)

const prefixLengthOf = (mask: string) => littleEndian(mask).toString(2).replaceAll('0', '').length

/** `ListenOverflows` of `TcpExt` in /proc/net/netstat: a line of names, then one of numbers. */
export function parseListenOverflows(netstat: string): number | undefined {
  const [names, numbers] = netstat.split('\n').filter((line) => line.startsWith('TcpExt: '))
  const at = names?.split(' ').indexOf('ListenOverflows') ?? -1
  const number = at < 0 ? undefined : numbers?.split(' ')[at]
  return number === undefined || !/^\d+$/.test(number) ? undefined : Number(number)
}

/** Listening sockets of /proc/net/tcp and tcp6: `sl local_address rem_address st ... inode`; a port in hexadecimal, state 0A. */
export function parseListeningSockets(text: string): readonly { readonly port: number; readonly inode: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/ +/)
    const port = /^[0-9A-F]+:([0-9A-F]{4})$/.exec(local)?.[1]
    return port === undefined || state !== '0A' ? [] : [{ port: Number.parseInt(port, 16), inode: Number(inode) }]
  })
}

/** A whole file; undefined where it is not there, or may not be read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
