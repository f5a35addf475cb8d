import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import type { BeaconAudience, BeaconMark } from '../../../runtime/wire/beacon/audience.ts'
import {
  BEACON_BROADCAST,
  BEACON_PROTOCOL,
  type BeaconSender,
  sealBeacon,
} from '../../../runtime/wire/beacon/beacon.ts'
import { type BeaconBody, packBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { commonVersion } from '../../../runtime/wire/beacon/versions.ts'
import { heardDirectors, isAssigner } from '../directors.ts'
import { markOf, selfNode } from '../members/membership.ts'
import { missedNodes, rosterOf } from '../members/roster.ts'
import type { ClientsMessage, DrainWish, HoldersMessage } from '../messages.ts'
import { versionsOf } from '../options.ts'
import { compactSettings, digestOf } from '../settings.ts'
import type { DiscoveryEffect, DiscoveryState, Progress } from '../state.ts'

/** Of a type of beacon, as counters are named. */
export const pluralOf = (type: BeaconBody['type']): string => (type.endsWith('s') ? type : `${type}s`)

/** Where a beacon goes. */
interface Way {
  /** A management IP; all where it is left out. */
  readonly destination?: string
  /** As the destination is named where it has not proved itself: as it says. */
  readonly mark?: BeaconMark
}

/** Adds the packets of one beacon to the effects; none where its receiver could not be named, and would not believe it. */
function withBeacon(
  progress: Progress,
  body: BeaconBody,
  way: Way,
  audience = audienceOf(progress.state, way),
): Progress {
  const { state, effects } = progress
  const { options, epoch, sequence } = state
  const { managementIp: address, virtualRouterId, keys } = options
  const { destination = BEACON_BROADCAST } = way
  if (destination !== BEACON_BROADCAST && !audience.has(destination)) return progress
  const version = versionOf(state, body.type, destination)
  const sender: BeaconSender = { address, virtualRouterId, epoch, key: keys[0] ?? null, version }
  const envelope = { destination, audience }
  const packets = sealBeacon(body.type, packBeaconBody(body), sequence + 1, sender, envelope)
  const sends = packets.map(
    (payload): DiscoveryEffect => ({
      type: 'send',
      to: 'raw-ip',
      message: { type: 'send', protocol: BEACON_PROTOCOL, destination, payload },
    }),
  )
  const sent = counted(state, `${pluralOf(body.type)}Sent`)
  return { state: { ...sent, sequence: sequence + packets.length }, effects: [...effects, ...sends] }
}

/** Of what is for one node, as that reads it. */
function versionOf({ options, nodes }: DiscoveryState, type: BeaconBody['type'], destination: string): number {
  const versions = versionsOf(options)
  if (type === 'hello') return versions.oldest
  const isFor = (address: string) => destination === BEACON_BROADCAST || destination === address
  const readers = [...nodes.values()].filter(({ address, stale }) => isFor(address) && !stale)
  return readers.length === 0
    ? versions.oldest
    : commonVersion(
        versions,
        readers.map(({ node }) => node.reads),
      )
}

/** Whom a beacon is for: one node, or all that are known. */
function audienceOf(state: DiscoveryState, { destination, mark }: Way): BeaconAudience {
  const addresses = destination === undefined ? [...state.nodes.keys()] : [destination]
  const marks = addresses.flatMap((address) => {
    const known = mark ?? markOf(state, address)
    return known === null ? [] : [[address, known] as const]
  })
  return new Map(marks)
}

/** The director's hello, with all that the next director must know but the slots. To one node: it was not named in the last one. */
export function withHello(
  progress: Progress,
  nowMs: number,
  { leaving = false, destination }: { readonly leaving?: boolean; readonly destination?: string } = {},
): Progress {
  const { state } = progress
  const node = selfNode(state)
  if (node === undefined) return progress
  const roster = rosterOf(state, nowMs)
  const hello: BeaconBody = {
    type: 'hello',
    ...identityOf(state),
    leaving,
    settings: compactSettings(state.options.settings),
    node,
    leads: [...state.ledSinceMs.keys()],
    established: state.established,
    roster,
  }
  // Also to one node: it learns from it how all are named.
  const audience = new Map([
    ...(destination === undefined ? [] : audienceOf(state, { destination })),
    ...audienceOf(state, {}),
  ])
  return withBeacon(progress, hello, destination === undefined ? {} : { destination }, audience)
}

/**
 * A node's report to a director. It has the settings only where that director's digest of them is another. `mark`: as a director
 * says of itself that has proved nothing.
 */
export function withReport(
  progress: Progress,
  director: string,
  nowMs: number,
  { leaving = false, mark }: { readonly leaving?: boolean; readonly mark?: BeaconMark } = {},
): Progress {
  const { state } = progress
  const node = selfNode(state)
  if (node === undefined) return progress
  const identity = identityOf(state)
  const agrees = state.directors.get(director)?.settingsDigest === identity.settingsDigest
  const settings = agrees ? {} : compactSettings(state.options.settings)
  const missed = missedNodes(state, nowMs)
  const way = { destination: director, ...(mark === undefined ? {} : { mark }) }
  return withBeacon(progress, { type: 'report', ...identity, leaving, settings, node, missed }, way)
}

/** A report to every director that is heard now: something happened that cannot wait for the next hello. */
export function withReports(progress: Progress, nowMs: number, leaving = false): Progress {
  return heardDirectors(progress.state, nowMs).reduce(
    (before, { address }) => withReport(before, address, nowMs, { leaving }),
    progress,
  )
}

/** Which node owns which slot, to all; from the director that decides it, and from no other. */
export function withAssignment(progress: Progress, nowMs: number): Progress {
  const { assignment } = progress.state
  if (assignment === null || !isAssigner(progress.state, nowMs)) return progress
  const sent = withBeacon(progress, { type: 'assignment', ...assignment }, {})
  return { ...sent, state: { ...sent.state, assignmentWanted: false } }
}

/** Who is to stay with this node, to all: any of them may be the next director. */
export const withClients = (progress: Progress, clients: ClientsMessage): Progress => withBeacon(progress, clients, {})

/** Who has most connections to this node, to a director. */
export const withHolders = (progress: Progress, director: string, { all, holders }: HoldersMessage): Progress =>
  withBeacon(progress, { type: 'holders', all, holders }, { destination: director })

/** To another node: to drain, or to drain no more. */
export const withOrder = (progress: Progress, node: string, { draining, maintMs }: DrainWish): Progress =>
  withBeacon(progress, { type: 'order', node, draining, maintMs }, { destination: node })

/** To all: a node that is gone is not to be missed any more. */
export const withForget = (progress: Progress, node: string): Progress =>
  withBeacon(progress, { type: 'forget', node }, {})

const identityOf = (state: DiscoveryState) => ({
  generation: state.assignment?.generation ?? 0,
  settingsDigest: digestOf(state.options.settings),
})
