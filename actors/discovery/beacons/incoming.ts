import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import type { BeaconAudience } from '../../../runtime/wire/beacon/audience.ts'
import type {
  AssignmentBody,
  ClientsBody,
  HelloBody,
  ReportBody,
  RosterEntry,
} from '../../../runtime/wire/beacon/body.ts'
import type { ElectorName } from '../../elector/messages.ts'
import { withClaim } from '../claims.ts'
import { assignerAddress, heardDirector } from '../directors.ts'
import { withOrderFrom } from '../draining/draining.ts'
import { replicatedGone, sortedOut, withForgetFrom, withMissed, withoutReturned } from '../members/gone.ts'
import { type Heard, heardNode, replicatedNodes } from '../members/membership.ts'
import { partOfHello, totalsNow } from '../members/traffic.ts'
import { digestOf } from '../settings.ts'
import type { DiscoveryEffect, DiscoveryState, Progress } from '../state.ts'
import { withHoldersOf } from './holders-told.ts'
import { withHello, withReport } from './outgoing.ts'
import { type Received, receive } from './receiving.ts'
import { withRenewalAsked } from './renewal.ts'

/** Acts on one IPv4 packet. Whatever it holds, the worst that comes of it is a counter. */
export function withPacket(progress: Progress, packet: Uint8Array, nowMs: number): Progress {
  const received = receive(progress.state, packet, nowMs)
  const next = { ...progress, state: received.state }
  switch (received.kind) {
    case 'beacon':
      return withBeaconFrom(next, received, nowMs)
    case 'claim':
      return withClaim(next, received.from, received.mark, nowMs)
    case 'ahead':
      return withRenewalAsked(next, received.sequence, nowMs)
    case 'nothing':
      return next
    default:
      return received satisfies never
  }
}

type ReceivedBeacon = Extract<Received, { readonly kind: 'beacon' }>

function withBeaconFrom(progress: Progress, { from, body, audience, isNew }: ReceivedBeacon, nowMs: number): Progress {
  switch (body.type) {
    case 'hello':
      return withHelloFrom(progress, from, body, audience, nowMs)
    case 'report':
      return withReportFrom(progress, from, body, isNew, nowMs)
    case 'assignment':
      return withAssignmentFrom(progress, from, body, nowMs)
    case 'clients':
      return withClientsFrom(progress, from, body)
    case 'order':
      return withOrderFrom(progress, from, body, nowMs)
    case 'forget':
      return withForgetFrom(progress, from, body, nowMs)
    case 'holders':
      return withHoldersOf(progress, from, body)
    default:
      return body satisfies never
  }
}

/**
 * Every node answers a hello, other directors too: each must know all. A scanning node takes over the roster of the director
 * that assigns, and of no other.
 */
function withHelloFrom(
  progress: Progress,
  address: string,
  hello: HelloBody,
  audience: BeaconAudience,
  nowMs: number,
): Progress {
  const { settingsDigest, settings, node, leaving, roster, leads, established } = hello
  const settingsDiffer = settingsDigest !== digestOf(progress.state.options.settings)
  const heard: Heard = { address, node, leaving, settingsDiffer, settings: settingsDiffer ? settings : null }
  if (leaving) return { ...progress, state: withNode(withoutDirector(progress.state, address), heard, nowMs) }
  const part = partOfHello(address, node.traffic, roster)
  const said = { address, settingsDigest, established, leads, counted: part }
  const directors = heardDirector(progress.state, said, nowMs)
  const known = withTotals(withNode({ ...progress.state, directors }, heard, nowMs), nowMs)
  const isRival = leads.some((router) => known.ledSinceMs.has(router))
  const state = isRival ? counted(known, 'rivalHellosReceived') : known
  const replicates = state.role !== 'director' && assignerAddress(state, nowMs) === address
  const told = replicates ? withRoster(state, roster, audience, nowMs) : state
  return withReport({ ...progress, state: told }, address, nowMs)
}

const withTotals = (state: DiscoveryState, nowMs: number): DiscoveryState =>
  state.options.tellsFastPath ? state : { ...state, totals: totalsNow(state, nowMs) }

function withRoster(
  before: DiscoveryState,
  roster: readonly RosterEntry[],
  audience: BeaconAudience,
  nowMs: number,
): DiscoveryState {
  const { remembered, forgets } = sortedOut(before, roster, nowMs)
  const next = { ...before, forgets, nodes: replicatedNodes(before, remembered, audience, nowMs) }
  return { ...next, gone: replicatedGone(before, next, remembered, nowMs) }
}

function withoutDirector(state: DiscoveryState, address: string): DiscoveryState {
  const directors = new Map(state.directors)
  directors.delete(address)
  return { ...state, directors }
}

/** A node that has just proved itself is told at once what names it: it believes nothing before. */
function withReportFrom(
  progress: Progress,
  address: string,
  report: ReportBody,
  isNew: boolean,
  nowMs: number,
): Progress {
  const { state } = progress
  if (state.role !== 'director') return { ...progress, state: counted(state, 'reportToNoDirector') }
  const { node, leaving, settings, settingsDigest, generation, missed } = report
  const settingsDiffer = settingsDigest !== digestOf(state.options.settings)
  const heard: Heard = { address, node, leaving, settingsDiffer, settings: settingsDiffer ? settings : null }
  const assignmentWanted = state.assignmentWanted || generation !== (state.assignment?.generation ?? 0)
  const heardOf = withMissed(withNode(state, heard, nowMs), missed, nowMs)
  const known = { ...progress, state: { ...heardOf, assignmentWanted } }
  const greeted = isNew && !leaving ? withHello(known, nowMs, { destination: address }) : known
  const before = progress.state.nodes.get(address)?.node.mac
  // The other nodes take frames from the MACs that they know of alone, and know of it by us.
  return before === undefined || before === node.mac ? greeted : withHello(greeted, nowMs)
}

function withNode(before: DiscoveryState, heard: Heard, nowMs: number): DiscoveryState {
  const state = withoutFormerAddress(before, heard)
  const nodes = heardNode(state, heard, nowMs)
  return nodes === undefined
    ? counted({ ...state, fullAtMs: nowMs }, 'tooManyNodes')
    : withoutReturned({ ...state, nodes }, heard)
}

/** A node that goes by another address is no second one: the same name behind the same MAC. */
function withoutFormerAddress(state: DiscoveryState, { address, node }: Heard): DiscoveryState {
  const former = [...state.nodes.values()].find(
    (known) => known.address !== address && known.node.name === node.name && known.node.mac === node.mac,
  )
  if (former === undefined) return state
  const nodes = new Map(state.nodes)
  nodes.delete(former.address)
  return withoutDirector({ ...state, nodes }, former.address)
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
  const { type: _type, ...assignment } = body
  return {
    state: { ...state, assignment },
    effects: [
      ...effects,
      { type: 'send', to: 'dispatcher', message: { type: 'replica', assignment } },
      ...caughtUp({ ...state, assignment }, state.options.electors),
    ],
  }
}

/** What to tell electors once an assignment is here, and the kernel is ready for it. */
export const caughtUp = (
  { assignment, mayLead }: DiscoveryState,
  electors: readonly ElectorName[],
): readonly DiscoveryEffect[] =>
  assignment === null || !mayLead ? [] : electors.map((to) => ({ type: 'send', to, message: { type: 'caughtUp' } }))
