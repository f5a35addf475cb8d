import { counted } from '../../runtime/system/turn.ts'
import { type BeaconSender, sealBeacon } from '../../runtime/wire/beacon.ts'
import { type BeaconBody, packBeaconBody, type RosterEntry } from '../../runtime/wire/beacon-body.ts'
import { heardDirectors, isAssigner } from './directors.ts'
import { selfNode } from './membership.ts'
import type { ClientsMessage } from './messages.ts'
import { compactSettings, digestOf } from './settings.ts'
import type { DiscoveryEffect, DiscoveryState, Progress } from './state.ts'

const BROADCAST = '255.255.255.255'

/** Adds the packets of one beacon to the effects. */
function withBeacon({ state, effects }: Progress, body: BeaconBody, destination: string): Progress {
  const { options, epoch, sequence } = state
  const { managementIp: address, virtualRouterId, key } = options
  const sender: BeaconSender = { address, virtualRouterId, epoch, key }
  const packets = sealBeacon(body.type, packBeaconBody(body), sequence + 1, sender)
  const sends = packets.map(
    (payload): DiscoveryEffect => ({
      type: 'send',
      to: 'raw-ip',
      message: { type: 'send', protocol: 253, destination, payload },
    }),
  )
  const sent = counted(state, `${body.type}sSent`)
  return { state: { ...sent, sequence: sequence + packets.length }, effects: [...effects, ...sends] }
}

/** The director's hello, with all that the next director must know but the slots. */
export function withHello(progress: Progress, nowMs: number, leaving = false): Progress {
  const { state } = progress
  const node = selfNode(state)
  if (node === undefined) return progress
  const roster = [...state.nodes.values()].map(
    (known): RosterEntry => ({
      address: known.address,
      ageMs: nowMs - known.lastSeenMs,
      stale: known.stale,
      settingsDiffer: known.settingsDiffer,
      node: known.node,
    }),
  )
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
  return withBeacon(progress, hello, BROADCAST)
}

/** A node's report to a director. It has the settings only where that director's digest of them is another. */
export function withReport(progress: Progress, director: string, leaving = false): Progress {
  const { state } = progress
  const node = selfNode(state)
  if (node === undefined) return progress
  const identity = identityOf(state)
  const agrees = state.directors.get(director)?.settingsDigest === identity.settingsDigest
  const settings = agrees ? {} : compactSettings(state.options.settings)
  return withBeacon(progress, { type: 'report', ...identity, leaving, settings, node }, director)
}

/** A report to every director that is heard now: something happened that cannot wait for the next hello. */
export function withReports(progress: Progress, nowMs: number, leaving = false): Progress {
  return heardDirectors(progress.state, nowMs).reduce(
    (before, { address }) => withReport(before, address, leaving),
    progress,
  )
}

/** Which node owns which slot, to all; from the director that decides it, and from no other. */
export function withAssignment(progress: Progress, nowMs: number): Progress {
  const { assignment } = progress.state
  if (assignment === null || !isAssigner(progress.state, nowMs)) return progress
  const sent = withBeacon(progress, { type: 'assignment', ...assignment }, BROADCAST)
  return { ...sent, state: { ...sent.state, assignmentWanted: false } }
}

/** Who is to stay with this node, to all: any of them may be the next director. */
export const withClients = (progress: Progress, clients: ClientsMessage): Progress =>
  withBeacon(progress, clients, BROADCAST)

/** To another node: to drain, or to drain no more. */
export const withOrder = (progress: Progress, node: string, draining: boolean): Progress =>
  withBeacon(progress, { type: 'order', node, draining }, node)

const identityOf = (state: DiscoveryState) => ({
  generation: state.assignment?.generation ?? 0,
  settingsDigest: digestOf(state.options.settings),
})
