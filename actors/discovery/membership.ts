import { type BeaconNode, MAX_GROUP_NODES, type RosterEntry } from '../../runtime/wire/beacon-body.ts'
import type { Health, Member } from './messages.ts'
import { type DirectorHeard, type DiscoveryState, FORGET_AFTER_MS, type KnownNode, staleAfterMs } from './state.ts'

/** Directors that are remembered at most: more than two at once is a broken network. */
const DIRECTORS = 8

/** What this node says of itself; undefined until the port monitor has spoken. */
export function selfNode(state: DiscoveryState): BeaconNode | undefined {
  const { options, monitor, draining, load } = state
  if (monitor === null) return undefined
  return { name: options.name, mac: options.mac, monitor, draining, ...load }
}

/**
 * The director as this node knows it: itself; or whom VRRP names, if it is one of us; or whoever said so last and is
 * not silent since. Null: nobody, or a VRRP router without beacons (keepalived, say).
 */
export function directorAddress(state: DiscoveryState, nowMs: number): string | null {
  if (state.role === 'director') return state.options.managementIp
  if (state.masterAddress !== null && state.nodes.has(state.masterAddress)) return state.masterAddress
  return newestDirector(state, nowMs)?.address ?? null
}

function newestDirector(state: DiscoveryState, nowMs: number): DirectorHeard | undefined {
  const patienceMs = state.masterAddress === null ? FORGET_AFTER_MS : staleAfterMs(state.options)
  const live = [...state.directors.values()].filter(({ lastMs }) => nowMs - lastMs < patienceMs)
  return live.sort((a, b) => b.firstMs - a.firstMs)[0]
}

/**
 * All members as this node sees them, sorted by address: on a director every node, else the director and itself
 * (what the director knows of the others is kept, but it is not ours to judge).
 */
export function membersOf(state: DiscoveryState, nowMs: number): Member[] {
  const director = directorAddress(state, nowMs)
  const visible = [...state.nodes.values()].filter(({ address }) => state.role === 'director' || address === director)
  const others = visible.map((known) => memberOf(known, known.address === director, nowMs))
  const self = selfNode(state)
  if (self !== undefined) {
    const { managementIp } = state.options
    const health = healthOf(self, false)
    others.push({
      ...figuresOf(self),
      address: managementIp,
      self: true,
      director: director === managementIp,
      health,
      lastSeenMs: 0,
    })
  }
  return others.sort((a, b) => (a.address < b.address ? -1 : 1))
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

const figuresOf = ({ name, mac, cpu, memory, pressure, activeConnections }: BeaconNode) => ({
  name,
  mac,
  cpu,
  memory,
  pressure,
  activeConnections,
})

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
  const known = { address, node, lastSeenMs: nowMs, aliveUntilMs, stale: leaving, settingsDiffer, settings }
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
  const isHeard = (address: string) =>
    nowMs - (state.directors.get(address)?.lastMs ?? Number.NEGATIVE_INFINITY) < staleAfterMs(state.options)
  const nodes = new Map([...state.nodes].filter(([address]) => isHeard(address)))
  for (const { address, ageMs, stale, settingsDiffer, node } of roster) {
    if (address === state.options.managementIp || nodes.has(address) || nodes.size >= MAX_GROUP_NODES - 1) continue
    const lastSeenMs = nowMs - ageMs
    nodes.set(address, {
      address,
      node,
      lastSeenMs,
      aliveUntilMs: Number.POSITIVE_INFINITY,
      stale,
      settingsDiffer,
      settings: null,
    })
  }
  return nodes
}

/** The directors with that one's hello added. A silence longer than a stale node's begins a new term. */
export function heardDirector(
  state: DiscoveryState,
  hello: Omit<DirectorHeard, 'firstMs' | 'lastMs'>,
  nowMs: number,
): ReadonlyMap<string, DirectorHeard> {
  const before = state.directors.get(hello.address)
  const sameTerm = before !== undefined && nowMs - before.lastMs < staleAfterMs(state.options)
  const directors = new Map(state.directors)
  directors.set(hello.address, { ...hello, firstMs: sameTerm ? before.firstMs : nowMs, lastMs: nowMs })
  if (directors.size > DIRECTORS) {
    const [silent] = [...directors].reduce((oldest, entry) => (entry[1].lastMs < oldest[1].lastMs ? entry : oldest))
    directors.delete(silent)
  }
  return directors
}

/**
 * This node has become director: the others get the usual time to answer it. The former director gets less. If we missed
 * a hello of it, it is dead, since that is why we are director. If not, it may have handed over in order, and answers at once.
 */
export function promotedNodes(state: DiscoveryState, nowMs: number): ReadonlyMap<string, KnownNode> {
  const { intervalMs } = state.options
  const former = directorAddress(state, nowMs)
  const graceOf = (known: KnownNode) => {
    if (known.address !== former) return staleAfterMs(state.options)
    return nowMs - known.lastSeenMs < 1.5 * intervalMs ? 1.25 * intervalMs : 0
  }
  const promoted = [...state.nodes.values()]
    .filter((known) => nowMs - known.lastSeenMs < FORGET_AFTER_MS)
    .map((known) => ({ ...known, aliveUntilMs: nowMs + graceOf(known) }))
  return agedNodes(new Map(promoted.map((known) => [known.address, known])), nowMs)
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
