/**
 * Nodes that are gone: who was not heard for long is none of the group any more, but is told of until it is back or an operator forgets
 * it, by all: the director's hello names them, and whoever misses one that it does not name says so in its report.
 */
import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import type { ForgetBody, RosterEntry } from '../../../runtime/wire/beacon/body.ts'
import { MAX_GROUP_NODES } from '../../../runtime/wire/group-bounds.ts'
import { withForget } from '../beacons/outgoing.ts'
import type { DiscoveryEffect, DiscoveryState, Forgotten, GoneNode, KnownNode, Progress } from '../state.ts'
import { isLongGone } from './membership.ts'

/** An order to forget is said again with so many beats: whoever has missed one hears the next. */
const ORDER_BEATS = 5

type GoneNodes = ReadonlyMap<string, GoneNode>
type Identity = Pick<KnownNode, 'address' | 'node'>

/** The same node, also where it has another address by now. */
const isSame = (one: Identity, other: Identity): boolean =>
  one.address === other.address || (one.node.name === other.node.name && one.node.mac === other.node.mac)

/** All that are not heard: those that are stale, and those that are gone. */
export const silentNodes = ({ nodes, gone }: DiscoveryState): readonly (KnownNode | GoneNode)[] => [
  ...[...nodes.values()].filter(({ stale }) => stale),
  ...gone.values(),
]

/** Together with the nodes that are there they fit into a roster: of more, those that are gone longest are left out. */
function bounded(gone: GoneNodes, nodesThere: number): GoneNodes {
  const room = Math.max(0, MAX_GROUP_NODES - 1 - nodesThere)
  if (gone.size <= room) return gone
  return new Map([...gone].sort(([, one], [, other]) => other.lastSeenMs - one.lastSeenMs).slice(0, room))
}

/** The nodes are these from now on: who is no longer among them is gone. */
export function withNodesLeft(state: DiscoveryState, nodes: ReadonlyMap<string, KnownNode>): DiscoveryState {
  const fresh = [...state.nodes.values()].filter(({ address }) => !nodes.has(address))
  if (fresh.length === 0) return { ...state, nodes }
  const gone = new Map(state.gone)
  for (const { address, node, source, lastSeenMs, left } of fresh)
    gone.set(address, { address, node, source, lastSeenMs, left, told: false })
  return { ...state, nodes, gone: bounded(gone, nodes.size) }
}

/** A node was heard: it is gone no more, and a new one takes the place of who is gone longest. */
export function withoutReturned(state: DiscoveryState, heard: Identity): DiscoveryState {
  const forgets = withoutKey(state.forgets, heard.address)
  if (state.gone.size === 0) return { ...state, forgets }
  const gone = new Map([...state.gone].filter(([, node]) => !isSame(node, heard)))
  return { ...state, forgets, gone: bounded(gone, state.nodes.size) }
}

/**
 * Whom the director that is followed misses, and whom this node does that the director does not know of: it may have begun anew. What
 * is to be forgotten is said (`ForgetBody`). `before`: the state as it was before that hello; `state` has its nodes already.
 */
export function replicatedGone(
  before: DiscoveryState,
  state: DiscoveryState,
  roster: readonly RosterEntry[],
  nowMs: number,
): GoneNodes {
  const { options, nodes } = state
  const named = roster.filter((entry) => isLongGone(entry, options)).map(goneOf(nowMs, true))
  const known = new Set(roster.map(({ address }) => address))
  const own = silentNodes(before).filter(({ address }) => !known.has(address))
  const untold = own.map(({ address, node, source, lastSeenMs, left }) => {
    return { address, node, source, lastSeenMs, left, told: false }
  })
  return bounded(goneAmong([...named, ...untold], state), nodes.size)
}

/** What another node misses, which this director does not know: it has begun anew. What it has forgotten by order is said once more. */
export function withMissed(state: DiscoveryState, missed: readonly RosterEntry[], nowMs: number): DiscoveryState {
  if (missed.length === 0) return state
  const { remembered, forgets } = sortedOut(state, missed, nowMs)
  const news = remembered.filter(({ address }) => !state.gone.has(address)).map(goneOf(nowMs, true))
  const gone = bounded(goneAmong([...state.gone.values(), ...news], state), state.nodes.size)
  return { ...state, forgets, gone }
}

/** Who was forgotten by order, and is named all the same, is not taken over: whoever names it has not heard of that, and is told once more. */
export function sortedOut(
  state: DiscoveryState,
  roster: readonly RosterEntry[],
  nowMs: number,
): { readonly remembered: readonly RosterEntry[]; readonly forgets: DiscoveryState['forgets'] } {
  const isForgotten = ({ address, stale, ageMs }: RosterEntry): boolean =>
    stale && nowMs - ageMs <= (state.forgets.get(address)?.atMs ?? Number.NEGATIVE_INFINITY)
  const forgets = new Map(state.forgets)
  for (const { address } of roster.filter(isForgotten)) {
    const { atMs, beatsLeft } = forgets.get(address)!
    forgets.set(address, { atMs, beatsLeft: beatsLeft === 0 ? ORDER_BEATS : beatsLeft })
  }
  return { remembered: roster.filter((entry) => !isForgotten(entry)), forgets }
}

const goneOf =
  (nowMs: number, told: boolean) =>
  ({ address, node, ageMs, left }: RosterEntry): GoneNode => {
    return { address, node, source: 'director', lastSeenMs: nowMs - ageMs, left, told }
  }

/** Without those that are there after all, and this node itself. */
function goneAmong(all: readonly GoneNode[], { nodes, options }: DiscoveryState): GoneNodes {
  const there = [...nodes.values()]
  const gone = all.filter((node) => node.address !== options.managementIp && !there.some((one) => isSame(one, node)))
  return new Map(gone.map((node) => [node.address, node]))
}

/** A line for each node that begins to be missing, and for each that is back. */
export function missingLogs(before: DiscoveryState, after: DiscoveryState, nowMs: number): readonly DiscoveryEffect[] {
  if (before.nodes === after.nodes && before.gone === after.gone) return []
  const [was, is] = [missingByAddress(before), missingByAddress(after)]
  const fresh = [...is.values()].filter(({ address }) => !was.has(address))
  const back = [...was.values()].filter(({ address }) => !is.has(address) && after.nodes.get(address)?.stale === false)
  const secondsOf = ({ lastSeenMs }: GoneNode | KnownNode) => Math.round((nowMs - lastSeenMs) / 1000)
  return [
    ...fresh.map((node): DiscoveryEffect => {
      const line = `${node.node.name} (${node.address}) is missing: it was not heard for ${secondsOf(node)} s`
      return { type: 'log', level: 'warn', line }
    }),
    ...back.map((node): DiscoveryEffect => {
      const line = `${node.node.name} (${node.address}) is back: it was missing for ${secondsOf(node)} s`
      return { type: 'log', level: 'info', line }
    }),
  ]
}

const missingByAddress = (state: DiscoveryState) =>
  new Map(
    silentNodes(state)
      .filter(({ left }) => !left)
      .map((node) => [node.address, node] as const),
  )

/** Ordered here: all are told, and told again. */
export function withForgetOrder(progress: Progress, address: string, nowMs: number): Progress {
  if (silentNodes(progress.state).every((node) => node.address !== address)) return progress
  return withForget(withoutSilent(progress, address, { atMs: nowMs, beatsLeft: ORDER_BEATS }), address)
}

/** Said again with every beat. */
export function withForgetsRepeated(progress: Progress): Progress {
  let next = progress
  for (const [address, { atMs, beatsLeft }] of progress.state.forgets) {
    if (beatsLeft === 0) continue
    const forgets = new Map(next.state.forgets).set(address, { atMs, beatsLeft: beatsLeft - 1 })
    next = withForget({ ...next, state: { ...next.state, forgets } }, address)
  }
  return next
}

/** Ordered at another node. */
export function withForgetFrom(progress: Progress, from: string, { node }: ForgetBody, nowMs: number): Progress {
  const { state } = progress
  if (!state.nodes.has(from)) return { ...progress, state: counted(state, 'orderOfStranger') }
  if (state.nodes.get(node)?.stale === false || node === state.options.managementIp)
    return { ...progress, state: counted(state, 'forgetOfLiving') }
  return withoutSilent(progress, node, { atMs: nowMs, beatsLeft: state.forgets.get(node)?.beatsLeft ?? 0 })
}

/** It is remembered, for whoever still misses that node. */
function withoutSilent({ state, effects }: Progress, address: string, forgotten: Forgotten): Progress {
  const silent = silentNodes(state).find((node) => node.address === address)
  const forgets = withoutKey(state.forgets, address).set(address, forgotten)
  for (const oldest of forgets.keys()) {
    if (forgets.size <= MAX_GROUP_NODES) break
    forgets.delete(oldest)
  }
  const next = { ...state, forgets, nodes: withoutKey(state.nodes, address), gone: withoutKey(state.gone, address) }
  if (silent === undefined) return { state: next, effects }
  const line = `${silent.node.name} (${address}) is forgotten: it is not missed any more`
  return { state: next, effects: [...effects, { type: 'log', level: 'info', line }] }
}

function withoutKey<Value>(map: ReadonlyMap<string, Value>, key: string): Map<string, Value> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}
