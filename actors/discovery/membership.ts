import { MAX_GROUP_NODES, type RosterEntry } from '../../runtime/wire/beacon-body.ts'
import type { BeaconNode } from '../../runtime/wire/beacon-node.ts'
import { directorAddresses, isHeard } from './directors.ts'
import { isDrained } from './draining.ts'
import type { Health, Member, NodeMac } from './messages.ts'
import { type DiscoveryState, FORGET_AFTER_MS, type KnownNode, staleAfterMs } from './state.ts'

/** What this node says of itself; undefined until the port monitor has spoken. */
export function selfNode(state: DiscoveryState): BeaconNode | undefined {
  const { options, failedPorts, draining, load } = state
  if (state.monitor === null) return undefined
  const monitor = state.agent?.down === true ? 'failure' : state.monitor
  const { name, mac, capacity, tellsFastPath } = options
  const forwarding = tellsFastPath === true ? 'kernel' : 'workers'
  const drained = isDrained(state)
  return {
    name,
    mac,
    monitor,
    draining,
    ...load,
    capacity,
    agent: state.agent?.share ?? null,
    failedPorts,
    forwarding,
    drained,
  }
}

/**
 * All members as this node sees them, sorted by address: on a director every node, else the directors and itself
 * (what a director knows of the others is kept, but it is not ours to judge).
 */
export function membersOf(state: DiscoveryState, nowMs: number): Member[] {
  const directors = directorAddresses(state, nowMs)
  const visible = [...state.nodes.values()].filter(({ address }) => state.role === 'director' || directors.has(address))
  const others = visible.map((known) => memberOf(known, directors.has(known.address), nowMs))
  const self = selfNode(state)
  if (self !== undefined) {
    const { managementIp } = state.options
    const health = healthOf(self, false)
    others.push({
      ...figuresOf(self),
      address: managementIp,
      self: true,
      director: directors.has(managementIp),
      health,
      lastSeenMs: 0,
    })
  }
  return others.sort((a, b) => (a.address < b.address ? -1 : 1))
}

/** Where every other node is reached that is known, sorted by address. */
export function macsOf({ nodes }: DiscoveryState): NodeMac[] {
  const macs = [...nodes.values()].map(({ address, node, left }) => ({ address, mac: node.mac, left }))
  return macs.sort((a, b) => (a.address < b.address ? -1 : 1))
}

function memberOf(known: KnownNode, director: boolean, nowMs: number): Member {
  return {
    ...figuresOf(known.node),
    address: known.address,
    self: false,
    director,
    health: healthOf(known.node, known.stale),
    lastSeenMs: Math.max(0, Math.round(nowMs - known.lastSeenMs)),
  }
}

const figuresOf = ({ monitor: _monitor, draining: _draining, ...figures }: BeaconNode) => figures

function healthOf(node: BeaconNode, stale: boolean): Health {
  if (stale) return 'stale'
  if (node.monitor === 'failure') return 'failure'
  return node.draining ? 'draining' : 'ok'
}

/** What a beacon from a node itself says. */
export interface Heard {
  readonly address: string
  readonly node: BeaconNode
  readonly leaving: boolean
  readonly settingsDiffer: boolean
  readonly settings: Readonly<Record<string, string>> | null
}

/** A node was heard; undefined when it is new and there are 64 already. */
export function heardNode(
  state: DiscoveryState,
  heard: Heard,
  nowMs: number,
): ReadonlyMap<string, KnownNode> | undefined {
  const { address, node, leaving, settingsDiffer, settings } = heard
  if (!state.nodes.has(address) && state.nodes.size >= MAX_GROUP_NODES - 1) return undefined
  const aliveUntilMs = nowMs + staleAfterMs(state.options)
  const known = {
    address,
    node,
    lastSeenMs: nowMs,
    aliveUntilMs,
    stale: leaving,
    left: leaving,
    settingsDiffer,
    settings,
  }
  return new Map(state.nodes).set(address, known)
}

/**
 * A scanning node takes over what the director says of the others: should it become director itself, it starts from
 * there. The directors that it hears itself, it judges itself.
 */
export function replicatedNodes(
  state: DiscoveryState,
  roster: readonly RosterEntry[],
  nowMs: number,
): ReadonlyMap<string, KnownNode> {
  const nodes = new Map([...state.nodes].filter(([address]) => isHeard(state, address, nowMs)))
  for (const { address, ageMs, stale, settingsDiffer, node } of roster) {
    if (address === state.options.managementIp || nodes.has(address) || nodes.size >= MAX_GROUP_NODES - 1) continue
    const lastSeenMs = nowMs - ageMs
    nodes.set(address, {
      address,
      node,
      lastSeenMs,
      aliveUntilMs: Number.POSITIVE_INFINITY,
      stale,
      left: state.nodes.get(address)?.left === true && stale,
      settingsDiffer,
      settings: null,
    })
  }
  return nodes
}

/** This node has become director: the others get the usual time to answer it. */
export function promotedNodes(state: DiscoveryState, nowMs: number): ReadonlyMap<string, KnownNode> {
  const aliveUntilMs = nowMs + staleAfterMs(state.options)
  const promoted = [...state.nodes.values()].filter((known) => nowMs - known.lastSeenMs < FORGET_AFTER_MS)
  return new Map(promoted.map((known) => [known.address, { ...known, aliveUntilMs }]))
}

/**
 * Nodes that have ceased to be directors get less time to answer the next one. Whose last hello we missed is dead, since that
 * is why it is director no more. If we did not, it may have handed over in order, and answers at once.
 */
export function suspectedNodes(
  state: DiscoveryState,
  former: ReadonlySet<string>,
  nowMs: number,
): ReadonlyMap<string, KnownNode> {
  const { intervalMs } = state.options
  const graceMs = ({ lastSeenMs }: KnownNode) => (nowMs - lastSeenMs < 1.5 * intervalMs ? 1.25 * intervalMs : 0)
  const nodes = [...state.nodes.values()].map((known) =>
    former.has(known.address)
      ? { ...known, aliveUntilMs: Math.min(known.aliveUntilMs, nowMs + graceMs(known)) }
      : known,
  )
  return agedNodes(new Map(nodes.map((known) => [known.address, known])), nowMs)
}

/** Nodes that were silent for too long are stale, and forgotten later. */
export function agedNodes(nodes: ReadonlyMap<string, KnownNode>, nowMs: number): ReadonlyMap<string, KnownNode> {
  const aged = [...nodes.values()]
    .map((known) => (nowMs >= known.aliveUntilMs ? { ...known, stale: true } : known))
    .filter((known) => !known.stale || nowMs - known.lastSeenMs < FORGET_AFTER_MS)
  return new Map(aged.map((known) => [known.address, known]))
}

/** After this node stood still for a while: it was deaf, so the others' silence says nothing. */
export function excusedNodes(nodes: ReadonlyMap<string, KnownNode>, deafMs: number): ReadonlyMap<string, KnownNode> {
  const excused = [...nodes.values()].map((known) => ({ ...known, aliveUntilMs: known.aliveUntilMs + deafMs }))
  return new Map(excused.map((known) => [known.address, known]))
}

/** When the next node goes stale unless it is heard; Infinity when none will. */
export function nextDeadlineMs(nodes: ReadonlyMap<string, KnownNode>): number {
  return [...nodes.values()]
    .filter((known) => !known.stale)
    .reduce((earliest, known) => Math.min(earliest, known.aliveUntilMs), Number.POSITIVE_INFINITY)
}
