/** What the doctor finds about who connects, and where to. */
import type { Diagnostics } from '../../actors/inspector/messages.ts'
import { type Finding, type FindingRule, note, type Observed, problem } from './findings.ts'

/** All rules about traffic. */
export const TRAFFIC_RULES: readonly FindingRule[] = [noTraffic, dominantClient, pastTheRedirects]

/** With fewer connections than that, any share says little. */
const TELLING_CONNECTIONS = 20
const DOMINANT_SHARE = 0.5
/** Clients that are named, of many. */
const CLIENTS_NAMED = 5

function noTraffic({ status, diagnostics }: Observed): readonly Finding[] {
  if (status.role !== 'director') return []
  const connections = status.nodes.reduce((sum, { totalConnections }) => sum + totalConnections, 0)
  const taken = status.forwarding === 'kernel' ? (diagnostics.counters['fast-path.packets'] ?? 0) : connections
  if (taken > 0) return []
  const held = status.virtualIps.filter((virtualIp) => virtualIp.held).map(({ address }) => address)
  const what = 'no client has come to the redirects of this director'
  const evidence = [`none since it started, to ${held.join(', ')} port ${portsText(diagnostics)}`]
  const advice = 'where there should be some: what address and port are the clients pointed to?'
  return [note('no-traffic', what, evidence, advice)]
}

const portsText = ({ redirects }: Diagnostics): string =>
  redirects.flatMap(({ originalPorts }) => originalPorts).join(', ')

/** Clients behind one address all go to one node: it is by the source address that they are told apart. */
function dominantClient({ status, clients }: Observed): readonly Finding[] {
  const total = clients.reduce((sum, { activeConnections }) => sum + activeConnections, 0)
  const [most] = clients.toSorted((one, other) => other.activeConnections - one.activeConnections)
  const usable = status.nodes.filter(({ state }) => state === 'ok').length
  if (most === undefined || usable < 2 || total < TELLING_CONNECTIONS) return []
  if (most.activeConnections < DOMINANT_SHARE * total) return []
  const node = status.nodes.find(({ address }) => address === most.node)
  const share = Math.round((100 * most.activeConnections) / total)
  const evidence = `it has ${most.activeConnections} of ${total} connections, ${share} %, of ${clients.length} clients that are known; all go to ${node?.name ?? most.node ?? 'no node'}`
  const what = `one client, ${most.client}, has most of the connections`
  const advice =
    'is it a NAT or a proxy with many clients behind it? Let the clients come with addresses of their own, or give it several'
  return [problem('dominant-client', what, [evidence], advice)]
}

/** Connections to the proxy itself: nobody spreads them, and they fail over to nobody or with the proxy's port unserved. */
function pastTheRedirects({ status, diagnostics, host }: Observed): readonly Finding[] {
  // In kernel mode every client's connection is one to the proxy's port, here too.
  if (status.forwarding === 'kernel' || host.network === null) return []
  const { toVirtualIps, toManagementIp } = host.network.connected
  const known = new Set([...status.nodes, ...status.virtualIps].map(({ address }) => address))
  const ofGroup = (address: string) =>
    known.has(address) || status.instances.some(({ masterIp }) => masterIp === address)
  const [past, direct] = [toVirtualIps, toManagementIp].map((clients) => clients.filter((one) => !ofGroup(one)))
  const advice = `point them to a virtual IP, port ${portsText(diagnostics)}`
  const findings: Finding[] = []
  if (past !== undefined && past.length > 0) {
    const what = 'clients use a virtual IP, but the port of the proxy behind it: the director alone serves them'
    findings.push(problem('past-redirects', what, [clientsText(past)], advice))
  }
  if (direct !== undefined && direct.length > 0) {
    const what = "clients use this node's own address: only this node serves them, and nobody does when it fails"
    findings.push(note('direct-clients', what, [clientsText(direct)], advice))
  }
  return findings
}

function clientsText(clients: readonly string[]): string {
  const more = clients.length > CLIENTS_NAMED ? `, and ${clients.length - CLIENTS_NAMED} more` : ''
  return `connected now: ${clients.slice(0, CLIENTS_NAMED).join(', ')}${more}`
}
