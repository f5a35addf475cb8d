/** What the doctor finds about who connects, and where to. */
import type { Diagnostics } from '../../../actors/inspector/messages.ts'
import { type Finding, type FindingRule, note, type Observed, problem } from './findings.ts'

/** All rules about traffic. */
export const TRAFFIC_RULES: readonly FindingRule[] = [noTraffic, dominantClient, pastTheRedirects, besideTheRedirects]

/** With fewer connections than that, any share says little. */
const TELLING_CONNECTIONS = 20
const DOMINANT_SHARE = 0.5
/** Clients that are named, of many. */
const CLIENTS_NAMED = 5

function noTraffic({ status, diagnostics }: Observed): readonly Finding[] {
  if (status.role !== 'director') return []
  const connections = status.nodes.reduce((sum, { totalConnections }) => sum + (totalConnections ?? 0), 0)
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
function dominantClient(observed: Observed): readonly Finding[] {
  const { status } = observed
  const { total, known, most } = status.forwarding === 'kernel' ? heldAtNodes(observed) : heldHere(observed)
  const usable = status.nodes.filter(({ state }) => state === 'ok').length
  if (most === undefined || usable < 2 || total < TELLING_CONNECTIONS) return []
  const { client, connections, nodes } = most
  if (connections < DOMINANT_SHARE * total) return []
  const names = nodes.map((address) => status.nodes.find((node) => node.address === address)?.name ?? address)
  const share = Math.round((100 * connections) / total)
  const evidence = `it has ${connections} of ${total} connections, ${share} %, ${known}; all go to ${names.join(' and ') || 'no node'}`
  const what = `one client, ${client}, has most of the connections`
  const advice =
    'is it a NAT or a proxy with many clients behind it? Let the clients come with addresses of their own, or give it several'
  return [problem('dominant-client', what, [evidence], advice)]
}

interface Held {
  readonly total: number
  /** Of what that is known. */
  readonly known: string
  readonly most:
    | { readonly client: string; readonly connections: number; readonly nodes: readonly string[] }
    | undefined
}

/** Workers mode: this gateway's own connections. */
function heldHere({ clients }: Observed): Held {
  const counted = clients.map(({ client, node, activeConnections }) => {
    return { client, connections: activeConnections ?? 0, nodes: node === null ? [] : [node] }
  })
  const total = counted.reduce((sum, { connections }) => sum + connections, 0)
  const [most] = counted.toSorted((one, other) => other.connections - one.connections)
  return { total, known: `of ${clients.length} clients that are known`, most }
}

/** Kernel mode: each node's own, as it says. */
function heldAtNodes({ status, diagnostics }: Observed): Held {
  const total = status.nodes.reduce((sum, { activeConnections }) => sum + activeConnections, 0)
  const byClient = Map.groupBy(diagnostics.holders ?? [], ({ client }) => client)
  const counted = Array.from(byClient, ([client, at]) => {
    return {
      client,
      connections: at.reduce((sum, { connections }) => sum + connections, 0),
      nodes: at.map(({ node }) => node),
    }
  })
  const [most] = counted.toSorted((one, other) => other.connections - one.connections)
  return { total, known: 'as the nodes say', most }
}

/** Connections to the proxy itself: nobody spreads them, and they fail over to nobody or with the proxy's port unserved. */
function pastTheRedirects({ status, diagnostics, host }: Observed): readonly Finding[] {
  if (host.network === null) return []
  const { toVirtualIps, toManagementIp } = host.network.connected
  const known = new Set([...status.nodes, ...status.virtualIps].map(({ address }) => address))
  const ofGroup = (address: string) =>
    known.has(address) || status.instances.some(({ masterIp }) => masterIp === address)
  const [past, direct] = [toVirtualIps, toManagementIp].map((clients) => clients.filter((one) => !ofGroup(one)))
  const advice = `point them to a virtual IP, port ${portsText(diagnostics)}`
  const findings: Finding[] = []
  // In kernel mode every client's connection is one to the proxy's port.
  if (past !== undefined && past.length > 0 && status.forwarding === 'workers') {
    const what = 'clients use a virtual IP, but the port of the proxy behind it: the director alone serves them'
    findings.push(problem('past-redirects', what, [clientsText(past)], advice))
  }
  if (direct !== undefined && direct.length > 0) {
    const what = "clients use this node's own address: only this node serves them, and nobody does when it fails"
    findings.push(note('direct-clients', what, [clientsText(direct)], advice))
  }
  return findings
}

/** Who listens on a port for few clients may be an administration page; a proxy is asked by many. */
const MANY_CLIENTS = 5
/** Secure shell. */
const NO_PROXY_PORTS = [22]

/**
 * A redirect is missing on all nodes, and clients use its port nevertheless: the director's own proxy listens there as well, and serves all
 * of them. As the first cause of one box getting all the traffic it is to be told from what else a director serves at its virtual IPs.
 */
function besideTheRedirects({ status, diagnostics, host }: Observed): readonly Finding[] {
  if (status.role !== 'director' || host.network === null) return []
  return host.network.besides.flatMap(({ port, clients, isProxys }) => {
    const isServed = isProxys === true || (clients.length >= MANY_CLIENTS && !NO_PROXY_PORTS.includes(port))
    if (clients.length === 0 || !isServed) return []
    const what = `clients use a virtual IP on port ${port}, which no redirect has: the director alone serves them`
    const advice = `add port ${port} to the redirects of all nodes, or point the clients to port ${portsText(diagnostics)}`
    const whose = isProxys === true ? ['the proxy of this node listens there, too'] : []
    return [problem('past-redirects', what, [clientsText(clients), ...whose], advice)]
  })
}

function clientsText(clients: readonly string[]): string {
  const more = clients.length > CLIENTS_NAMED ? `, and ${clients.length - CLIENTS_NAMED} more` : ''
  return `connected now: ${clients.slice(0, CLIENTS_NAMED).join(', ')}${more}`
}
