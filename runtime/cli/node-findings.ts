/** What the doctor finds about the nodes and this one's proxy. */
import type { GatewayStatus, NodeStatus } from '../../actors/inspector/messages.ts'
import { type Finding, type FindingRule, note, type Observed, problem } from './findings.ts'

/** All rules about nodes. */
export const NODE_RULES: readonly FindingRule[] = [
  ({ status }) => proxyFindings(status.monitor),
  unusableNodes,
  silentDirectors,
  alone,
  uneven,
]

/** A node that gets less than that share of what the others get is worth a word. */
const LOW_SHARE = 0.5

/** What is wrong with the proxy of this node; also where no gateway runs. */
export function proxyFindings(monitor: GatewayStatus['monitor']): readonly Finding[] {
  const failed = monitor.ports.filter(({ problem }) => problem !== null)
  if (monitor.state === 'ok') return []
  const evidence = failed.map(({ port, problem }) => `port ${port} ${problem}`)
  const what = 'the proxy of this node does not listen on all of its ports: it takes no traffic'
  const isBound = failed.some(({ problem }) => problem?.startsWith('listens ') === true)
  const start = 'start the proxy, unbound (0.0.0.0 or ::); "proxyha check -v" tells when it is right'
  const unbind = 'take the address out of the proxy\'s listen directive; "proxyha check -v" tells when it is right'
  return [isBound ? problem('proxy-bound', what, evidence, unbind) : problem('proxy-ports', what, evidence, start)]
}

function unusableNodes({ status: { nodes } }: Observed): readonly Finding[] {
  return nodes
    .filter(({ self, state }) => !self && (state === 'failure' || state === 'stale'))
    .map(({ name, address, state, failedPorts, lastSeenMs }) =>
      problem(
        `node-${state}`,
        `${name} (${address}) takes no traffic`,
        [
          `it is in ${state}, last heard ${Math.round(lastSeenMs / 1000)} s ago`,
          ...(failedPorts.length === 0 ? [] : [`its proxy fails on port ${failedPorts.join(', ')}`]),
        ],
        state === 'stale' ? 'is it running, and does IP protocol 253 pass?' : `run "proxyha doctor" on ${name}`,
      ),
    )
}

/** VRRP says who is director, and no beacon of that one arrives. IPv6 adverts come from link-local addresses, which no node is known by. */
function silentDirectors({ status, diagnostics }: Observed): readonly Finding[] {
  const heard = new Set(status.nodes.filter(({ state }) => state !== 'stale').map(({ address }) => address))
  const silent = status.instances
    .filter(({ family, role, masterIp }) => family === 'ipv4' && role === 'scanning' && masterIp !== null)
    .flatMap(({ masterIp }) => masterIp ?? [])
    .filter((address) => !heard.has(address))
  return [...new Set(silent)].map((address) =>
    problem(
      'director-without-beacons',
      `the director ${address} is heard by VRRP, but not by beacons: it gives this node no traffic`,
      [`its adverts arrive, no beacon (IP protocol 253) of it is taken${refusedText(diagnostics.counters)}`],
      `is ${address} a gateway of this group (not keepalived), with the same cluster.key and virtualRouterId, on the same subnet, and does no filter drop IP protocol 253 to 255.255.255.255?`,
    ),
  )
}

const REFUSALS = ['wrongHmac', 'unauthenticated', 'unexpectedHmac', 'unknownVersion', 'otherVirtualRouter']

function refusedText(counters: Readonly<Record<string, number>>): string {
  const refused = REFUSALS.flatMap((reason) => {
    const count = counters[`discovery.${reason}`] ?? 0
    return count === 0 ? [] : [`${reason} ${count}`]
  })
  return refused.length === 0 ? '' : `; refused since the start, by reason: ${refused.join(', ')}`
}

/** A director that knows nobody else serves every client by itself. */
function alone({ status: { role, nodes }, diagnostics: { counters } }: Observed): readonly Finding[] {
  if (role !== 'director' || nodes.some(({ self }) => !self)) return []
  const evidence = [`no other node answers its beacons (IP protocol 253)${refusedText(counters)}`]
  const advice =
    'where there should be others: do they run, on the same subnet, with the same cluster.key and virtualRouterId, and does IP protocol 253 pass in both directions?'
  return [note('alone', 'this director is alone: it serves all clients itself', evidence, advice)]
}

/** Why a node that is as it should be gets fewer clients than the others. */
function uneven({ status }: Observed): readonly Finding[] {
  if (status.role !== 'director') return []
  const fit = status.nodes.filter(({ state }) => state === 'ok')
  const rateOf = ({ weight, capacity }: NodeStatus) => weight / capacity
  const most = Math.max(0, ...fit.map(rateOf))
  return fit
    .filter((node) => rateOf(node) < LOW_SHARE * most)
    .map((node) => {
      const { name, address, weight, weightReason } = node
      const what = `${name} (${address}) ${weight === 0 ? 'gets no new clients' : 'gets fewer clients than the others'}`
      const advice = `see what loads ${name}; its weight rises by itself once that is over`
      return note(
        'low-weight',
        what,
        [`weight ${weight}: ${weightReason ?? 'nobody says why'}`, loadText(node, status)],
        advice,
      )
    })
}

const loadText = ({ cpu, memory, activeConnections }: NodeStatus, { nodes }: GatewayStatus): string =>
  `CPU ${percent(cpu)}, memory ${percent(memory)}, ${activeConnections} of ${nodes.reduce((sum, node) => sum + node.activeConnections, 0)} active connections`

const percent = (share: number): string => `${Math.round(share * 100)} %`
