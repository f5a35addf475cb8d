import { readdirSync, readlinkSync } from 'node:fs'
import { openLinuxNetlink } from '../../netlink/linux/netlink.ts'
import { readRuleset } from '../../nft/linux/nft.ts'
import { listeningProcesses } from '../../sockets/linux/listening-programs.ts'
import { openLinuxSocketTable } from '../../sockets/linux/socket-table.ts'
import type { HostQuestion, HostView, NetworkView, PortBeside, ProcessView } from '../host-view.ts'
import {
  parseCapabilities,
  parseFileLimit,
  parseListenOverflows,
  parseRealtimeLimit,
  parseRoutes,
  textOf,
} from './host-files.ts'
import { parseMemoryField } from './proc-files.ts'

/** The name of every table that is ours. */
const OWN_TABLES = 'proxyha'
const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource'

/** Looks at this host. Whatever may not be read, or is not there, is null: a diagnosis goes as far as it can. */
export async function readLinuxHostView(question: HostQuestion): Promise<HostView> {
  const totalBytes = memoryField('MemTotal')
  const availableBytes = memoryField('MemAvailable')
  return {
    process: question.pid === null ? null : processView(question.pid),
    network: isElsewhere(question.pid) ? null : await networkView(question),
    memory: totalBytes === null || availableBytes === null ? null : { availableBytes, totalBytes },
    clocksource: textOf(CLOCKSOURCE)?.trim() ?? null,
  }
}

/** Whether that process has another network namespace than this one. One that may not be looked at is taken to have the same. */
function isElsewhere(pid: number | null): boolean {
  if (pid === null) return false
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net')
  } catch {
    return false
  }
}

function processView(pid: number): ProcessView | null {
  const capabilities = parseCapabilities(textOf(`/proc/${pid}/status`) ?? '')
  if (capabilities === undefined) return null
  const limits = textOf(`/proc/${pid}/limits`) ?? ''
  return { capabilities, realtimeLimit: parseRealtimeLimit(limits) ?? 0, openFiles: openFilesOf(pid, limits) }
}

function openFilesOf(pid: number, limits: string): ProcessView['openFiles'] {
  const limit = parseFileLimit(limits)
  try {
    return limit === undefined ? null : { used: readdirSync(`/proc/${pid}/fd`).length, limit }
  } catch {
    return null
  }
}

async function networkView(question: HostQuestion): Promise<NetworkView> {
  const { interfaceName } = question
  const ruleset = await readRuleset(OWN_TABLES)
  return {
    interfaceName,
    link: linkOf(interfaceName),
    loopback: linkOf('lo')?.addresses ?? [],
    rpFilter: inForce('rp_filter', interfaceName),
    arpIgnore: inForce('arp_ignore', interfaceName),
    routes: parseRoutes(textOf('/proc/net/route') ?? ''),
    ...connectionsOf(question),
    conntrack: conntrackView(),
    listenOverflows: parseListenOverflows(textOf('/proc/net/netstat') ?? '') ?? null,
    ruleset: ruleset.ok ? ruleset.value : null,
  }
}

function linkOf(interfaceName: string): NetworkView['link'] {
  const netlink = openLinuxNetlink()
  if (!netlink.ok) return null
  const found = netlink.value.interfaceByName(interfaceName)
  netlink.value.close()
  return found.ok ? found.value : null
}

/** Of these settings the kernel takes the larger of the interface's and that of `all`. */
function inForce(setting: string, interfaceName: string): number | null {
  const values = ['all', interfaceName].flatMap((name) => numberIn(`/proc/sys/net/ipv4/conf/${name}/${setting}`) ?? [])
  return values.length === 0 ? null : Math.max(...values)
}

function connectionsOf(question: HostQuestion): Pick<NetworkView, 'connected' | 'besides'> {
  const { managementIp, virtualIps, proxyPorts } = question
  const opened = openLinuxSocketTable()
  if (!opened.ok) return { connected: { toVirtualIps: [], toManagementIp: [] }, besides: [] }
  const sockets = opened.value
  const at = (addresses: readonly string[]) => {
    const found = sockets.clients(proxyPorts, addresses)
    return found.ok ? found.value.map(({ address }) => address) : []
  }
  const toVirtualIps = at(virtualIps)
  const toManagementIp = managementIp === null ? [] : at([managementIp])
  const byPort = sockets.clientsByPort(virtualIps)
  sockets.close()
  const besides = byPort.ok ? portsBeside(question, byPort.value) : []
  return { connected: { toVirtualIps, toManagementIp }, besides }
}

/** Ports of this gateway itself are none: its inspector may be asked at a virtual IP. */
function portsBeside(
  { pid, redirectPorts }: HostQuestion,
  byPort: ReadonlyMap<number, readonly string[]>,
): readonly PortBeside[] {
  const beside = [...byPort].filter(([port]) => !redirectPorts.includes(port))
  if (beside.length === 0) return []
  const processes = listeningProcesses(new Set([...redirectPorts, ...beside.map(([port]) => port)]))
  const proxies = new Set(redirectPorts.flatMap((port) => [...(processes.get(port) ?? [])]))
  if (pid !== null) proxies.delete(pid)
  return beside.flatMap(([port, clients]): readonly PortBeside[] => {
    const holders = [...(processes.get(port) ?? [])]
    if (pid !== null && holders.includes(pid)) return []
    const isProxys = holders.length === 0 || proxies.size === 0 ? null : holders.some((holder) => proxies.has(holder))
    return [{ port, clients, isProxys }]
  })
}

function conntrackView(): NetworkView['conntrack'] {
  const count = numberIn('/proc/sys/net/netfilter/nf_conntrack_count')
  const max = numberIn('/proc/sys/net/netfilter/nf_conntrack_max')
  return count === undefined || max === undefined ? null : { count, max }
}

const memoryField = (field: string): number | null => parseMemoryField(textOf('/proc/meminfo') ?? '', field) ?? null

function numberIn(path: string): number | undefined {
  const text = textOf(path)?.trim()
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
