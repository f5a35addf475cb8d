import { counted } from '../../runtime/system/turn.ts'
import { openBeacon } from '../../runtime/wire/beacon.ts'
import {
  type AssignmentBody,
  type BeaconBody,
  type ClientsBody,
  type HelloBody,
  parseBeaconBody,
  type ReportBody,
} from '../../runtime/wire/beacon-body.ts'
import { reassemble } from '../../runtime/wire/beacon-reassembly.ts'
import { parseIpv4Packet } from '../../runtime/wire/ipv4.ts'
import type { ElectorName } from '../elector/messages.ts'
import { assignerAddress, heardDirector } from './directors.ts'
import { withOrderFrom } from './draining.ts'
import { type Heard, heardNode, replicatedNodes } from './membership.ts'
import { withReport } from './outgoing.ts'
import { judgeReplay, withWindow } from './replay.ts'
import { digestOf } from './settings.ts'
import type { DiscoveryEffect, DiscoveryState, Progress } from './state.ts'
import { strayVirtualRouterId } from './strays.ts'

const BEACON_PROTOCOL = 253

/** What came from the wire: a beacon to act on, or the state with a counter that says why it is none. */
type Received =
  | { readonly kind: 'beacon'; readonly state: DiscoveryState; readonly from: string; readonly body: BeaconBody }
  | { readonly kind: 'nothing'; readonly state: DiscoveryState }

/** Acts on one IPv4 packet. Whatever it holds, the worst that comes of it is a counter. */
export function withPacket(progress: Progress, packet: Uint8Array, nowMs: number): Progress {
  const received = receive(progress.state, packet, nowMs)
  const next = { ...progress, state: received.state }
  if (received.kind === 'nothing') return next
  const { from, body } = received
  switch (body.type) {
    case 'hello':
      return withHelloFrom(next, from, body, nowMs)
    case 'report':
      return withReportFrom(next, from, body, nowMs)
    case 'assignment':
      return withAssignmentFrom(next, from, body, nowMs)
    case 'clients':
      return withClientsFrom(next, from, body)
    case 'order':
      return withOrderFrom(next, from, body, nowMs)
    default:
      return body satisfies never
  }
}

function receive(state: DiscoveryState, bytes: Uint8Array, nowMs: number): Received {
  const { managementIp, virtualRouterId, key, intervalMs } = state.options
  const parsed = parseIpv4Packet(bytes)
  if (!parsed.ok) return nothing(state, 'malformedPacket')
  const { source, protocol, fragment: ipFragment, payload } = parsed.packet
  if (protocol !== BEACON_PROTOCOL || ipFragment) return nothing(state, 'malformedPacket')
  // Our own broadcasts come back to our own socket.
  if (source === managementIp) return nothing(state, 'looped')
  const opened = openBeacon(payload, virtualRouterId, key)
  if (!opened.ok) return nothing(remembered(state, opened.reason, source, payload, nowMs), opened.reason)
  const { fragment } = opened
  if (fragment.address !== source) return nothing(state, 'wrongSource')
  const verdict = judgeReplay(state.replayWindows.get(source), fragment, nowMs, intervalMs)
  if (!verdict.fresh) return nothing(state, verdict.reason)
  const whole = reassemble(verdict.window.partial, fragment)
  const body = whole.kind === 'whole' ? parseBeaconBody(fragment.type, whole.body) : undefined
  const window = {
    ...verdict.window,
    partial: whole.kind === 'partial' ? whole.partial : null,
    left: (body?.type === 'hello' || body?.type === 'report') && body.leaving,
  }
  const heard = { ...state, replayWindows: withWindow(state.replayWindows, source, window) }
  if (whole.kind === 'broken') return nothing(heard, 'brokenFragments')
  // Counted as well, so that what discovery says of packets adds up to what it was given.
  if (whole.kind === 'partial') return nothing(heard, 'fragmentsReceived')
  if (body === undefined) return nothing(heard, 'malformedBody')
  return { kind: 'beacon', state: counted(heard, `${body.type}sReceived`), from: source, body }
}

const nothing = (state: DiscoveryState, reason: string): Received => ({
  kind: 'nothing',
  state: counted(state, reason),
})

function remembered(
  state: DiscoveryState,
  reason: string,
  source: string,
  payload: Uint8Array,
  atMs: number,
): DiscoveryState {
  const stray = reason === 'otherVirtualRouter' ? strayVirtualRouterId(payload, state.options) : undefined
  // What a neighbouring group sends is not to hide a node of ours.
  if (reason === 'otherVirtualRouter' && stray === undefined) return state
  const refusal = { source, atMs, strayVirtualRouterId: stray ?? null }
  return { ...state, refused: { ...state.refused, [reason]: refusal } }
}

/**
 * Every node answers a hello, other directors too: each must know all. A scanning node takes over the roster of the director
 * that assigns, and of no other.
 */
function withHelloFrom(progress: Progress, address: string, hello: HelloBody, nowMs: number): Progress {
  const { settingsDigest, settings, node, leaving, roster, leads, established } = hello
  const settingsDiffer = settingsDigest !== digestOf(progress.state.options.settings)
  const heard: Heard = { address, node, leaving, settingsDiffer, settings: settingsDiffer ? settings : null }
  if (leaving) return { ...progress, state: withNode(withoutDirector(progress.state, address), heard, nowMs) }
  const directors = heardDirector(progress.state, { address, settingsDigest, established, leads }, nowMs)
  const known = withNode({ ...progress.state, directors }, heard, nowMs)
  const isRival = leads.some((router) => known.ledSinceMs.has(router))
  const state = isRival ? counted(known, 'rivalHellosReceived') : known
  const replicates = state.role !== 'director' && assignerAddress(state, nowMs) === address
  const nodes = replicates ? replicatedNodes(state, roster, nowMs) : state.nodes
  return withReport({ ...progress, state: { ...state, nodes } }, address)
}

function withoutDirector(state: DiscoveryState, address: string): DiscoveryState {
  const directors = new Map(state.directors)
  directors.delete(address)
  return { ...state, directors }
}

function withReportFrom(progress: Progress, address: string, report: ReportBody, nowMs: number): Progress {
  const { state } = progress
  if (state.role !== 'director') return { ...progress, state: counted(state, 'reportToNoDirector') }
  const { node, leaving, settings, settingsDigest, generation } = report
  const settingsDiffer = settingsDigest !== digestOf(state.options.settings)
  const heard: Heard = { address, node, leaving, settingsDiffer, settings: settingsDiffer ? settings : null }
  const assignmentWanted = state.assignmentWanted || generation !== (state.assignment?.generation ?? 0)
  return { ...progress, state: { ...withNode(state, heard, nowMs), assignmentWanted } }
}

function withNode(state: DiscoveryState, heard: Heard, nowMs: number): DiscoveryState {
  const nodes = heardNode(state, heard, nowMs)
  return nodes === undefined ? counted({ ...state, fullAtMs: nowMs }, 'tooManyNodes') : { ...state, nodes }
}

/** Of use in kernel mode only; there everybody keeps them, since any node may be the next director. */
function withClientsFrom({ state, effects }: Progress, address: string, body: ClientsBody): Progress {
  if (!state.options.tellsFastPath) return { effects, state: counted(state, 'clientsIgnored') }
  const message = { ...body, type: 'clientsOf', address } as const
  return { state, effects: [...effects, { type: 'send', to: 'fast-path', message }] }
}

/** All follow the same director, so that a client finds the same node whichever director it comes to. */
function withAssignmentFrom(progress: Progress, address: string, body: AssignmentBody, nowMs: number): Progress {
  const { state, effects } = progress
  if (assignerAddress(state, nowMs) !== address) {
    return { effects, state: counted(state, 'assignmentNotFollowed') }
  }
  const { generation, nodes, slots } = body
  const assignment = { generation, nodes, slots }
  return {
    state: { ...state, assignment },
    effects: [
      ...effects,
      { type: 'send', to: 'dispatcher', message: { type: 'replica', assignment } },
      ...caughtUp(state.options.electors),
    ],
  }
}

/** What to tell electors once an assignment is here. */
export const caughtUp = (electors: readonly ElectorName[]): readonly DiscoveryEffect[] =>
  electors.map((to) => ({ type: 'send', to, message: { type: 'caughtUp' } }))
