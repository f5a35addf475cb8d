/** What one of the known daemons needs for the same, on the director's host, beside a follower where it elects. */
import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type HostProcess, startProcess } from '../../runtime/lab/testbed/processes.ts'
import { isInstalled, sandboxDirectory } from '../../runtime/lab/testbed/sandbox.ts'
import { hasAddress } from '../../runtime/lab/testbed/topology.ts'
import { prefixLength } from '../group/network.ts'
import type { Clients } from './clients.ts'
import type { Figures } from './figures.ts'
import type { Group } from './group.ts'
import { FRESH_FIRST } from './measure.ts'
import { buildNetwork, director, pair, proxyPortOf, virtualIpOf } from './network.ts'
import { tableSizeFor } from './plan.ts'
import { type Shape, VIRTUAL_ROUTER_ID } from './shape.ts'
import { preciseCpuSeconds, residentMegabytes } from './usage.ts'

const HAPROXY_PORT = 9091
const SETTLE_MS = 1500
/** Connections beside those that stay open. */
const UNDER_WAY = 200
/** Of HAProxy's descriptors: what is no connection. */
const OTHER_FILES = 100
const FRESH_SOURCES = 1000

/** Clients stay with their server by a table, as a group's do. */
export const haproxyConf = ({ clients, connections }: Shape): string => `global
  nbthread 2
  maxconn ${connections + UNDER_WAY}
defaults
  mode tcp
  timeout connect 5s
  timeout client 600s
  timeout server 600s
frontend test
  bind ${director.ip}:${HAPROXY_PORT}
  default_backend backends
backend backends
  balance source
  hash-type consistent
  stick-table type ip size ${tableSizeFor(clients)} expire 10m
  stick on src
${pair.map(({ host, ip }) => `  server ${host} ${ip}:${proxyPortOf(0)}`).join('\n')}
`

/** The first of the pair leads. */
export const keepalivedConf = ({ instances, virtualIps }: Shape, priority: number): string => {
  const addresses = Array.from({ length: virtualIps }, (_, index) => `    ${virtualIpOf(index)}/${prefixLength}`)
  const own = (instance: number) => (instances === 1 ? addresses : addresses.slice(instance, instance + 1))
  const all = Array.from(
    { length: instances },
    (_, index) => `vrrp_instance VI_${index + 1} {
  state BACKUP
  interface eth0
  virtual_router_id ${VIRTUAL_ROUTER_ID + index}
  priority ${priority}
  advert_int 1
  virtual_ipaddress {
${own(index).join('\n')}
  }
}
`,
  )
  return `global_defs {\n  vrrp_version 2\n}\n${all.join('')}`
}

/** Of connections and clients: what the point opens, by HAProxy. Nothing where it is not installed, or has not the descriptors. */
export async function measureHaproxy(group: Group, clients: Clients, count: number, files: number): Promise<Figures> {
  const { shape } = group
  if (!isInstalled('haproxy', '-v') || 2 * (shape.connections + UNDER_WAY) + OTHER_FILES > files) return {}
  const file = `${sandboxDirectory}/haproxy.cfg`
  writeFileSync(file, haproxyConf(shape))
  const haproxy = startProcess({
    host: director.host,
    command: 'haproxy',
    args: ['-db', '-f', file],
    onLine: group.note,
  })
  try {
    await pause(SETTLE_MS)
    if (!haproxy.running) return {}
    const to = { host: director.ip, port: HAPROXY_PORT }
    if (shape.connections > 0)
      await clients.open({ ...to, count: shape.connections, first: 0, sources: FRESH_SOURCES, hold: true })
    if (shape.clients > 0)
      await clients.open({ ...to, count: shape.clients, first: 0, sources: shape.clients, hold: false })
    const peerResident = residentMegabytes(haproxy.pid)
    const before = preciseCpuSeconds(haproxy.pid)
    const order = { ...to, count, first: FRESH_FIRST, sources: FRESH_SOURCES, hold: false }
    const { answered } = await clients.open(order)
    return { peerResident, peerCpu: ((preciseCpuSeconds(haproxy.pid) - before) * 1e6) / answered }
  } finally {
    await haproxy.end()
  }
}

/** Of addresses: two of keepalived on hosts like those of the group, which has ended. */
export async function measureKeepalived(shape: Shape, seconds: number, note: (line: string) => void): Promise<Figures> {
  if (!isInstalled('keepalived', '--version')) return {}
  buildNetwork([], [])
  const daemons: HostProcess[] = pair.map(({ host, priority }) => {
    const base = `${sandboxDirectory}/${host}-keepalived`
    writeFileSync(`${base}.conf`, keepalivedConf(shape, priority))
    const pids = [`${base}.pid`, `${base}.vrrp.pid`] as const
    // One that was killed leaves them behind: "daemon is already running".
    for (const left of pids) rmSync(left, { force: true })
    const args = ['-n', '-l', '-P', '-f', `${base}.conf`, '-p', pids[0], '-r', pids[1]]
    return startProcess({ host, command: 'keepalived', args, onLine: note })
  })
  try {
    const last = virtualIpOf(shape.virtualIps - 1)
    for (let waited = 0; waited < 10 && !hasAddress(director.host, last); waited++) await pause(SETTLE_MS)
    if (!hasAddress(director.host, last)) return {}
    await pause(SETTLE_MS)
    const { pid } = daemons[0]!
    const [before, beganMs] = [preciseCpuSeconds(pid), performance.now()]
    await pause(seconds * 1000)
    const share = (100_000 * (preciseCpuSeconds(pid) - before)) / (performance.now() - beganMs)
    return { peerRest: share, peerResident: residentMegabytes(pid) }
  } finally {
    for (const daemon of daemons) await daemon.end('SIGTERM')
  }
}
