/** What the doctor finds about the nodes and this one's proxy. */

import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { WARNINGS, type WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { Finding, GatewayStatus, NodeStatus } from '../messages.ts'
import { type FindingRule, failure, note, type Observed, problem } from './findings.ts'

/** All rules about nodes. */
export const NODE_RULES: readonly FindingRule[] = [
  nobodyServes,
  ownProxy,
  unusableNodes,
  silentDirectors,
  alone,
  otherMode,
  uneven,
]

/** A node that gets less than that share of what the others get is worth a word. */
const LOW_SHARE = 0.5

/** What is wrong with the proxy of this node; also where no gateway runs. */
export function proxyFindings(
  monitor: GatewayStatus['monitor'],
  told: readonly string[] = [],
  address?: string,
): readonly Finding[] {
  const failed = monitor.ports.filter(({ problem }) => problem !== null)
  if (monitor.state === 'ok') return []
  const evidence = [...failed.map(({ port, problem }) => `port ${port} ${problem}`), ...told]
  const what = 'the proxy of this node does not listen on all of its ports: it takes no traffic'
  const isBound = failed.some(({ problem }) => problem?.startsWith('listens ') === true)
  const start = 'start the proxy, unbound (0.0.0.0 or ::); "proxyha check -v" tells when it is right'
  const unbind = 'take the address out of the proxy\'s listen directive; "proxyha check -v" tells when it is right'
  const about = address === undefined ? {} : { about: address }
  return [
    isBound
      ? problem('proxy-bound', what, evidence, unbind, about)
      : problem('proxy-ports', what, evidence, start, about),
  ]
}

/** What the warnings with one of these codes say of a node. */
const told = ({ warnings }: Observed, address: string, ...codes: readonly WarningCode[]): readonly string[] =>
  textsOf(warnings.filter(({ code, about }) => codes.includes(code) && about === address))

function nobodyServes({ status: { nodes }, warnings }: Observed): readonly Finding[] {
  const evidence = textsOf(warnings.filter(({ code }) => code === 'nobody-serves'))
  if (evidence.length === 0 && nodes.some(({ state }) => state === 'ok' || state === 'draining')) return []
  const { advice } = WARNINGS['nobody-serves']
  return [failure('nobody-serves', 'no node can take connections', evidence, advice)]
}

function ownProxy(observed: Observed): readonly Finding[] {
  const self = observed.status.nodes.find((node) => node.self)
  const evidence = self === undefined ? [] : told(observed, self.address, 'node-failure')
  return proxyFindings(observed.status.monitor, evidence, self?.address)
}

/** Whose gateway stopped in order is not missed. */
function unusableNodes(observed: Observed): readonly Finding[] {
  return observed.status.nodes
    .filter(({ self, state, left }) => !self && !left && (state === 'failure' || state === 'stale'))
    .map(({ name, address, state, failedPorts, lastSeenMs, missingSince }) =>
      problem(
        `node-${state}`,
        `${name} (${address}) ${missingSince === null ? 'takes no traffic' : `is missing since ${missingSince}: the group is one node less`}`,
        [
          `it ${state === 'stale' ? 'is silent' : 'has failed'}; last heard ${Math.round(lastSeenMs / 1000)} s ago`,
          ...(failedPorts.length === 0 ? [] : [`its proxy fails on port ${failedPorts.join(', ')}`]),
          ...told(observed, address, 'node-stale', 'node-failure'),
        ],
        state === 'stale'
          ? `is it running, and does IP protocol 253 pass? If it is not to come back: proxyha forget ${address}`
          : `run "proxyha doctor" on ${name}`,
        { about: address, since: missingSince },
      ),
    )
}

/** VRRP says who is director, and no beacon of that one arrives. IPv6 adverts come from link-local addresses, which no node is known by. */
function silentDirectors(observed: Observed): readonly Finding[] {
  const { status, diagnostics } = observed
  const heard = new Set(
    status.nodes.flatMap(({ address, state, source }) => (state === 'stale' || source === 'director' ? [] : [address])),
  )
  const silent = status.instances
    .filter(({ family, role, masterIp }) => family === 'ipv4' && role === 'scanning' && masterIp !== null)
    .flatMap(({ masterIp }) => masterIp ?? [])
    .filter((address) => !heard.has(address))
  return [...new Set(silent)].map((address) =>
    problem(
      'director-without-beacons',
      `the director ${address} is heard by VRRP, but not by beacons: it gives this node no traffic`,
      [
        `its adverts arrive, no beacon (IP protocol 253) of it is taken${refusedText(diagnostics.counters)}`,
        ...told(observed, address, 'director-without-beacons'),
      ],
      `is ${address} a gateway of this group (not keepalived), with the same cluster.key and virtualRouterId, on the same subnet, and does no filter drop IP protocol 253 to 255.255.255.255?`,
      { about: address },
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

/** A director that hears nobody else serves every client by itself. Where nodes are missing that is no way to be. */
function alone({ status: { role, nodes }, diagnostics: { counters } }: Observed): readonly Finding[] {
  if (role !== 'director' || nodes.some(({ self, state }) => !self && state !== 'stale')) return []
  const silence = `no other node answers its beacons (IP protocol 253)${refusedText(counters)}`
  const missing = nodes.filter((node) => node.missing).map(({ name, address }) => `${name} (${address})`)
  const left = nodes.filter((node) => node.left).map(({ name, address }) => `${name} (${address})`)
  const evidence = [silence, ...(left.length === 0 ? [] : [`stopped in order: ${left.join(', ')}`])]
  const advice =
    'where there should be others: do they run, on the same subnet, with the same cluster.key and virtualRouterId, and does IP protocol 253 pass in both directions?'
  if (missing.length === 0)
    return [note('alone', 'this director is alone: it serves all clients itself', evidence, advice)]
  const what = `this director is alone in a group of ${nodes.length - left.length}: it serves all clients itself`
  return [problem('alone', what, [`missing: ${missing.join(', ')}`, ...evidence], advice)]
}

/** Frames that a director in kernel mode hands on are taken by nodes in kernel mode alone. */
const takesNothing = ({ state, forwarding }: NodeStatus, status: GatewayStatus): boolean =>
  status.role === 'director' && status.forwarding === 'kernel' && state === 'ok' && forwarding === 'workers'

function otherMode(observed: Observed): readonly Finding[] {
  const { status } = observed
  return status.nodes
    .filter((node) => takesNothing(node, status))
    .map(({ name, address }) => {
      const who = `${name} (${address})`
      const advice = `make the forwarding of all nodes the same, and start those anew that were changed; the log of ${name} says at its start why it is in workers mode`
      return problem(
        'other-mode',
        `${who} gets no new clients: it is in workers mode, and this director in kernel mode`,
        ['forwarding: workers there, kernel here', ...told(observed, address, 'forwarding-differs')],
        advice,
        { about: address },
      )
    })
}

/** Why a node that is as it should be gets fewer clients than the others. */
function uneven({ status, warnings }: Observed): readonly Finding[] {
  const unreached = new Set(warnings.flatMap(({ code, about }) => (code === 'proxy-unreached' ? [about] : [])))
  if (status.role !== 'director') return []
  const fit = status.nodes.filter(({ state }) => state === 'ok')
  const rateOf = ({ weight, capacity }: NodeStatus) => weight / capacity
  const most = Math.max(0, ...fit.map(rateOf))
  return (
    fit
      // Why one does not answer is a warning, which no load explains.
      .filter((node) => rateOf(node) < (node.slowStart === null ? LOW_SHARE : 1) * most && !unreached.has(node.address))
      .filter((node) => !takesNothing(node, status))
      .map((node) => {
        const { name, address, weight, weightReason } = node
        const what = `${name} (${address}) ${weight === 0 ? 'gets no new clients' : 'gets fewer clients than the others'}`
        return note(
          'low-weight',
          what,
          [`weight ${weight}: ${weightReason ?? 'nobody says why'}`, loadText(node, status)],
          adviceOn(node),
          { about: address },
        )
      })
  )
}

/** What to do about a low weight, by what holds it down; of several, by what lasts. */
function adviceOn({ name, agent, overloaded, slowStart }: NodeStatus): string {
  if (agent !== null && agent < 1) return `its agent wants it so: see what that answers on ${name}, and why`
  if (overloaded) return `see what loads ${name}; its weight rises by itself once that is over`
  if (slowStart !== null) return 'wait: it has just joined, and gets its full part by and by (balancing.slowStart)'
  return `it was overloaded; its weight rises by itself once ${name} is clearly less busy than the others`
}

const loadText = ({ cpu, memory, activeConnections }: NodeStatus, { nodes }: GatewayStatus): string =>
  `CPU ${percent(cpu)}, memory ${percent(memory)}, ${activeConnections} of ${nodes.reduce((sum, node) => sum + node.activeConnections, 0)} active connections`

const percent = (share: number): string => `${Math.round(share * 100)} %`
