import { isIPv4 } from 'node:net'
import type { z } from 'zod'
import { familyOf } from '../runtime/wire/ip-address-bytes.ts'
import type { Problem } from './problems.ts'
import { gatewaySchema, SOCKET_PATH_BYTES } from './schema.ts'

type Shape = typeof gatewaySchema.shape

/**
 * What one part of the file must be in the light of another. Works on the raw values and skips those that do not fit the
 * schema by themselves (they are reported already), so that one mistake does not hide the next.
 */
export function crossFieldProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  return [
    ...virtualIpProblems(raw),
    ...familyProblems(raw),
    ...redirectProblems(raw),
    ...intervalProblems(raw),
    ...peerProblems(raw),
    ...clusterProblems(raw),
    ...inspectorProblems(raw),
    ...socketProblems(raw),
  ]
}

/** Whether an address is one that only this host can reach. */
function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith('127.') : address === '::1'
}

/** The value of a key if it is right by itself. */
function valid<Key extends keyof Shape>(
  raw: Readonly<Record<string, unknown>>,
  key: Key,
): z.output<Shape[Key]> | undefined {
  const parsed = gatewaySchema.shape[key].safeParse(raw[key])
  return parsed.success ? (parsed.data as z.output<Shape[Key]>) : undefined
}

const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function fieldAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function virtualIpProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const managementIp = valid(raw, 'managementIp')
  const seen = new Map<string, number>()
  const problems: Problem[] = []
  for (const [index, written] of listAt(raw.virtualIps).entries()) {
    const parsed = gatewaySchema.shape.virtualIps.safeParse([written])
    const address = parsed.success ? parsed.data[0]?.address : undefined
    if (address === undefined) continue
    const path = ['virtualIps', index]
    const first = seen.get(address)
    if (first !== undefined) problems.push({ path, text: `${address} is virtualIps[${first}] already; remove one` })
    else seen.set(address, index)
    if (address === managementIp) {
      problems.push({ path, text: `${address} is this node's managementIp; a virtual IP must belong to no node` })
    }
  }
  return problems
}

/** RFC 9568 §5.2.9: a virtual router is of one family. IPv6 came with version 3, and the peers that one can name are IPv4. */
function familyProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const addresses = listAt(raw.virtualIps).flatMap((written) => {
    const parsed = gatewaySchema.shape.virtualIps.safeParse([written])
    return parsed.success ? parsed.data.map(({ address }) => address) : []
  })
  const ipv6 = addresses.find((address) => familyOf(address) === 'ipv6')
  if (ipv6 === undefined) return []
  const problems: Problem[] = []
  const ipv4 = addresses.find((address) => familyOf(address) === 'ipv4')
  if (ipv4 !== undefined) {
    const text = `has IPv4 (${ipv4}) and IPv6 (${ipv6}); a virtual router has addresses of one family, keep those of one`
    problems.push({ path: ['virtualIps'], text })
  }
  const version = valid({ vrrp: { version: fieldAt(raw.vrrp, 'version') } }, 'vrrp')?.version
  if (version === 2) {
    problems.push({ path: ['vrrp', 'version'], text: `must be 3 for IPv6 (${ipv6}), is 2; set vrrp: { version: 3 }` })
  }
  if (listAt(fieldAt(raw.vrrp, 'unicastPeers')).length > 0) {
    problems.push({ path: ['vrrp', 'unicastPeers'], text: `are for IPv4 only, and ${ipv6} is IPv6; remove them` })
  }
  return problems
}

function redirectProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const seen = new Map<unknown, string>()
  const problems: Problem[] = []
  for (const [index, redirect] of listAt(raw.redirects).entries()) {
    for (const [position, port] of listAt(fieldAt(redirect, 'originalPorts')).entries()) {
      if (!Number.isInteger(port)) continue
      const first = seen.get(port)
      const place = `redirects[${index}].originalPorts[${position}]`
      if (first === undefined) seen.set(port, place)
      else {
        const path = ['redirects', index, 'originalPorts', position]
        problems.push({ path, text: `port ${port} is ${first} already; a port can be redirected once only` })
      }
    }
  }
  return problems
}

/** v2 carries whole seconds in 8 bits (RFC 3768 §5.3.7), v3 centiseconds in 12 bits (RFC 9568 §5.2.7). */
function intervalProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const path = ['vrrp', 'advertInterval']
  const written = fieldAt(raw.vrrp, 'advertInterval')
  const vrrp = valid({ vrrp: { version: fieldAt(raw.vrrp, 'version'), advertInterval: written } }, 'vrrp')
  if (vrrp === undefined) return []
  const ms = vrrp.advertInterval
  if (vrrp.version === 2) {
    if (ms % 1000 === 0) return []
    return [
      { path, text: `must be whole seconds in VRRP version 2, is ${written}; round it, or set vrrp.version to 3` },
    ]
  }
  if (ms > 40_950) return [{ path, text: `must be 10ms..40.95s in VRRP version 3, is ${written}` }]
  return ms % 10 === 0 ? [] : [{ path, text: `must be a multiple of 10ms in VRRP version 3, is ${written}` }]
}

function peerProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const virtual = new Set(
    listAt(raw.virtualIps).map((written) => (typeof written === 'string' ? written.split('/')[0] : undefined)),
  )
  const peers = listAt(fieldAt(raw.vrrp, 'unicastPeers'))
  return peers.flatMap((peer, index): readonly Problem[] => {
    const path = ['vrrp', 'unicastPeers', index]
    const first = peers.indexOf(peer)
    if (typeof peer !== 'string') return []
    if (first < index) return [{ path, text: `${peer} is unicastPeers[${first}] already; remove one` }]
    return virtual.has(peer) ? [{ path, text: `${peer} is a virtual IP; list the nodes' own addresses` }] : []
  })
}

function clusterProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const both = fieldAt(raw.cluster, 'key') !== undefined && fieldAt(raw.cluster, 'keyFile') !== undefined
  return both ? [{ path: ['cluster'], text: 'has both key and keyFile; keep one of them' }] : []
}

function inspectorProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const token = fieldAt(raw.inspector, 'token')
  const listen = valid({ inspector: { listen: fieldAt(raw.inspector, 'listen') } }, 'inspector')?.listen
  if (listen === undefined) return []
  const problems: Problem[] = []
  const path = ['inspector', 'listen']
  if (token === undefined && !isLoopback(listen.address)) {
    problems.push({
      path,
      text: `${listen.address} can be reached from elsewhere; set inspector.token, or listen on 127.0.0.1`,
    })
  }
  const taken = listAt(raw.redirects).findIndex((redirect) => fieldAt(redirect, 'proxyPort') === listen.port)
  if (taken >= 0)
    problems.push({ path, text: `port ${listen.port} is the proxyPort of redirects[${taken}]; take another` })
  return problems
}

function socketProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const socket = valid(raw, 'control')?.socket
  const bytes = socket === undefined ? 0 : Buffer.byteLength(socket)
  if (bytes <= SOCKET_PATH_BYTES) return []
  return [
    {
      path: ['control', 'socket'],
      text: `is ${bytes} bytes long; a unix socket's path has at most ${SOCKET_PATH_BYTES}`,
    },
  ]
}
