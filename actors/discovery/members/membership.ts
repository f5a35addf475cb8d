import type { BeaconAudience, BeaconMark } from '../../../runtime/wire/beacon/audience.ts'
import type { RosterEntry } from '../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'
import { MAX_GROUP_NODES } from '../../../runtime/wire/group-bounds.ts'
import { directorAddresses, isHeard, numberOf } from '../directors.ts'
import { isDrained, maintenanceOf } from '../draining/drain-state.ts'
import type { Health, Member, NodeMac } from '../messages.ts'
import { type DiscoveryOptions, goneAfterMs, staleAfterMs, versionsOf } from '../options.ts'
import type { DiscoveryState, GoneNode, KnownNode } from '../state.ts'
import { tellableTraffic } from './traffic.ts'

/** What this node says of itself; undefined until the port monitor has spoken. */
export function selfNode(state: DiscoveryState): BeaconNode | undefined {
  const { options, mac, failedPorts, draining, serving, load } = state
  if (state.monitor === null) return undefined
  const monitor = state.agent?.down === true ? 'failure' : state.monitor
  const { name, capacity, tellsFastPath } = options
  const forwarding = tellsFastPath ? 'kernel' : 'workers'
  const drained = isDrained(state)
  return {
    name,
    mac,
    monitor,
    draining: draining || !serving,
    ...load,
    capacity,
    agent: state.agent?.share ?? null,
    failedPorts,
    forwarding,
    drained,
    maint: maintenanceOf(state),
    priorities: new Map(options.instances.map((one) => [numberOf(one), one.priority])),
    reads: versionsOf(options).newest,
    traffic: tellableTraffic(state, options.managementIp, null),
  }
}

/**
 * All members as this node judges them, sorted by address: on a director every node, else the directors and itself
 * (what a director knows of the others is kept, but it is not ours to judge).
 */
export const membersOf = (state: DiscoveryState, nowMs: number): Member[] =>
  knownMembers(state, nowMs).filter(({ self, director }) => self || director || state.role === 'director')

/** The same of every node that is known, as far as the director's word goes; sorted by address. */
export function knownMembers(state: DiscoveryState, nowMs: number): Member[] {
  const directors = directorAddresses(state, nowMs)
  const others = [...state.nodes.values()].map((known) => memberOf(known, directors.has(known.address), nowMs))
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

/** The nodes that the raw-IP actor is to know. */
export const knownEpochs = (state: DiscoveryState): readonly { readonly address: string; readonly epoch: string }[] =>
  [...state.nodes.keys()].flatMap((address) => {
    const mark = markOf(state, address)
    return mark === null ? [] : [{ address, epoch: mark.epoch }]
  })

/** Where every other node is reached that is known, sorted by address. At one that is gone connections may go on: its proxy may live. */
export function macsOf({ nodes, gone }: DiscoveryState): NodeMac[] {
  const macOf =
    (isGone: boolean) =>
    ({ address, node, left }: KnownNode | GoneNode): NodeMac => ({ address, mac: node.mac, left, gone: isGone })
  const macs = [...[...nodes.values()].map(macOf(false)), ...[...gone.values()].map(macOf(true))]
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

/** What members tell of a node's own word. */
export const figuresOf = ({
  monitor: _monitor,
  draining: _draining,
  priorities: _priorities,
  traffic: _traffic,
  ...figures
}: BeaconNode) => figures

/** As members are told. */
export function healthOf(node: BeaconNode, stale: boolean): Health {
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

/** As a node is named in beacons to it: as it was heard itself, or as the director says, whichever is later. */
export function markOf({ sessions, nodes }: DiscoveryState, address: string): BeaconMark | null {
  const session = sessions.get(address)
  const known = nodes.get(address)
  const mark = known?.mark ?? null
  if (session === undefined) return mark
  const { epoch, sequence } = session
  if (mark?.epoch === epoch) return { epoch, sequence: Math.max(sequence, mark.sequence) }
  return known !== undefined && mark !== null && known.lastSeenMs > session.lastMs ? mark : { epoch, sequence }
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
    source: 'beacon' as const,
    mark: markOf(state, address),
    lastSeenMs: nowMs,
    aliveUntilMs,
    stale: leaving,
    left: leaving,
    settingsDiffer,
    settings,
  }
  return new Map(state.nodes).set(address, known)
}

/** Silent for so long that it is none of the group, as a director says. */
export const isLongGone = ({ stale, ageMs }: RosterEntry, options: DiscoveryOptions): boolean =>
  stale && ageMs >= goneAfterMs(options)

/**
 * A scanning node takes over what the director says of the others: should it become director itself, it starts from
 * there. The directors that it hears itself, it judges itself; one that has handed over is judged by who follows it, since it says no hello any more.
 */
export function replicatedNodes(
  state: DiscoveryState,
  roster: readonly RosterEntry[],
  marks: BeaconAudience,
  nowMs: number,
): ReadonlyMap<string, KnownNode> {
  const nodes = new Map([...state.nodes].filter(([address]) => isHeard(state, address, nowMs)))
  const directors = directorAddresses(state, nowMs)
  for (const entry of roster) {
    const { address, ageMs, stale, left, settingsDiffer, node } = entry
    if (isLongGone(entry, state.options) || address === state.options.managementIp) continue
    if (!nodes.has(address) && nodes.size >= MAX_GROUP_NODES - 1) continue
    const lastSeenMs = nowMs - ageMs
    const ours = state.nodes.get(address)
    if (ours !== undefined && knowsBetter(state, ours, { lastSeenMs, stale }, directors, nowMs)) {
      nodes.set(address, ours)
      continue
    }
    nodes.set(address, {
      address,
      node,
      source: 'director',
      mark: marks.get(address) ?? state.nodes.get(address)?.mark ?? null,
      lastSeenMs,
      aliveUntilMs: Number.POSITIVE_INFINITY,
      stale,
      left,
      settingsDiffer,
      settings: null,
    })
  }
  return nodes
}

/**
 * Whether this node's own judgement of a node stands against a director's: of a director that it hears. One that it took for dead lives
 * if the director has heard it since; the last hello of a dead one may have been there a little later than here.
 */
function knowsBetter(
  state: DiscoveryState,
  ours: KnownNode,
  said: Pick<KnownNode, 'lastSeenMs' | 'stale'>,
  directors: ReadonlySet<string>,
  nowMs: number,
): boolean {
  if (isHeard(state, ours.address, nowMs) && directors.has(ours.address)) return true
  return ours.stale && !said.stale && said.lastSeenMs < ours.lastSeenMs + state.options.intervalMs / 2
}

/** This node has become director: the others get the usual time to answer it. */
export function promotedNodes(state: DiscoveryState, nowMs: number): ReadonlyMap<string, KnownNode> {
  const aliveUntilMs = nowMs + staleAfterMs(state.options)
  const promoted = [...state.nodes.values()].filter((known) => nowMs - known.lastSeenMs < goneAfterMs(state.options))
  return new Map(promoted.map((known) => [known.address, { ...known, aliveUntilMs }]))
}

/**
 * Nodes that have ceased to be directors get less time to answer the next one. Whose last hello we missed is dead, since that
 * is why it is director no more. If we did not, it may have handed over in order, and answers at once; where its adverts have
 * ceased before a hello was due, it is only asked.
 */
export function suspectedNodes(
  state: DiscoveryState,
  former: ReadonlySet<string>,
  nowMs: number,
  isSilent: boolean,
): ReadonlyMap<string, KnownNode> {
  const { intervalMs } = state.options
  const answerMs = isSilent ? intervalMs / 4 : 1.25 * intervalMs
  const graceMs = ({ lastSeenMs }: KnownNode) => (nowMs - lastSeenMs < 1.5 * intervalMs ? answerMs : 0)
  const nodes = [...state.nodes.values()].map((known) =>
    former.has(known.address)
      ? { ...known, aliveUntilMs: Math.min(known.aliveUntilMs, nowMs + graceMs(known)) }
      : known,
  )
  return agedNodes(new Map(nodes.map((known) => [known.address, known])), state.options, nowMs)
}

/** Nodes that were silent for too long are stale, and none of the group later. */
export function agedNodes(
  nodes: ReadonlyMap<string, KnownNode>,
  options: DiscoveryOptions,
  nowMs: number,
): ReadonlyMap<string, KnownNode> {
  const aged = [...nodes.values()]
    .map((known) => (nowMs >= known.aliveUntilMs ? { ...known, stale: true } : known))
    .filter((known) => !known.stale || nowMs - known.lastSeenMs < goneAfterMs(options))
  return new Map(aged.map((known) => [known.address, known]))
}

/** Beacons are being lost on this host: who is silent for no longer than this many times the usual is not called stale. */
const PATIENCE_WHILE_LOST = 4

/** More patience with the nodes, while beacons are lost and for a while after. */
export function patientNodes(state: DiscoveryState, nowMs: number): ReadonlyMap<string, KnownNode> {
  const untilMs = nowMs + 1.25 * state.options.intervalMs
  const most = PATIENCE_WHILE_LOST * staleAfterMs(state.options)
  const patient = [...state.nodes.values()].map((known) => ({
    ...known,
    aliveUntilMs: Math.max(known.aliveUntilMs, Math.min(untilMs, known.lastSeenMs + most)),
  }))
  return new Map(patient.map((known) => [known.address, known]))
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
