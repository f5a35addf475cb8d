/** What the doctor finds about who connects, and where to. */
import type { Diagnostics, Finding } from '../messages.ts'
import { type FindingRule, note, type Observed, problem } from './findings.ts'

/** All rules about traffic. */
export const TRAFFIC_RULES: readonly FindingRule[] = [noTraffic, dominantClient]

/** With fewer connections than that, any share says little. */
const TELLING_CONNECTIONS = 20
const DOMINANT_SHARE = 0.5

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

/** The original ports, for people. */
export const portsText = ({ redirects }: Diagnostics): string =>
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
  return [problem('dominant-client', what, [evidence], advice, { about: client })]
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
