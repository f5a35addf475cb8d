import type { ClientsMessage } from '../messages.ts'
import type { DiscoveryState, Progress } from '../state.ts'
import { withClients } from './outgoing.ts'

/** The fast path says it again by then, or nothing has changed. */
const VALID_MS = 5000

/** Says who is to stay with this node, to all that are known by now. */
export function withClientsTold(progress: Progress, message: ClientsMessage, atMs: number): Progress {
  const to = new Set(namesOf(progress.state))
  const told = withClients(progress, message)
  return { ...told, state: { ...told.state, clientsTold: { message, atMs, to } } }
}

/** Once more to nodes that could not be named then: this gateway had just started, or they had. */
export function withClientsRepeated(progress: Progress, nowMs: number): Progress {
  const told = progress.state.clientsTold
  if (told === null || nowMs - told.atMs > VALID_MS) return progress
  if (namesOf(progress.state).every((name) => told.to.has(name))) return progress
  return withClientsTold(progress, told.message, told.atMs)
}

const namesOf = ({ nodes }: DiscoveryState): readonly string[] =>
  [...nodes.values()].flatMap(({ address, mark }) => (mark === null ? [] : [`${address} ${mark.epoch}`]))
