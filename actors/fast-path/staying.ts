import type { Result } from '../../runtime/ports/result.ts'
import { parseClientKey, slotOfKey } from '../../runtime/table/client-key.ts'
import { SLOT_COUNT } from '../../runtime/table/layout.ts'
import { MAX_GROUP_NODES } from '../../runtime/wire/beacon-body.ts'
import type { ConnectedClient } from '../../runtime/wire/beacon-clients.ts'
import type { ClientsOfMessage } from '../discovery/messages.ts'
import { endWhereAllTold, noteTold } from './hearing.ts'
import type { ForwardingNode } from './messages.ts'
import type { Pin } from './ruleset-types.ts'
import { beginSettling, noteLoserTold } from './settling.ts'
import type { FastPathState } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * Who stays where although the slot has moved. The packets write the director's pins, and the next director has none of them. But
 * every node knows its clients, idle ones too: by its own sockets. So each tells all, whenever slots have moved, there is another
 * director, and every five seconds, which of its clients have a slot of another node by now; and all of them, when it is stopped in order, since it loses all its slots. Whoever is or becomes
 * director pins them.
 *
 * A host that was cut off has connections of clients that have gone elsewhere meanwhile, and cannot know. So whoever else has such a
 * client says so, too, and of two nodes that name it the one counts that has heard it last.
 */

/** Once more after a move: a beacon may be lost, and a handshake may have been under way. */
const ASK_AGAIN_MS = 1000
/** Clients that are pinned open connections beside their slot at any time. The kernel's walk through its sockets takes up to 10 ms. */
const ASK_EVERY_MS = 5000

/**
 * There is another director, which has no pins: who has to stay? Where it is this host, that is known of its own clients before anything
 * else is done.
 */
export function noteDirector(turn: Turn): void {
  const { applied, stopping, errand } = turn.state
  if (applied === null || stopping) return
  // It waits for everybody's word, also for that of who has nothing to say.
  turn.change({ saidNobody: false })
  turn.perform({ type: 'readClients' })
  if (errand.kind === 'none') turn.change({ errand: { kind: 'reading' } })
}

export function askLater(turn: Turn): void {
  turn.perform({ type: 'readClients' })
  turn.startTimer('askAgain', ASK_EVERY_MS)
}

/** Slots have moved: who has to stay? */
export function noteMove(turn: Turn, before: FastPathState): void {
  const { group, stopping } = turn.state
  if (group === null || stopping || before.group === null || !slotsDiffer(before.group.slots, group.slots)) return
  // The director waits for everybody's word, also for that of who has nothing to say.
  turn.change({ saidNobody: false })
  turn.perform({ type: 'readClients' })
  turn.startTimer('askAgain', ASK_AGAIN_MS)
  beginSettling(turn)
}

/**
 * A predecessor left clients here, and its end may have been taken for the host's. Said at once and once a second, until this
 * process knows the group.
 */
export function startTelling(turn: Turn): void {
  turn.perform({ type: 'readClients' })
  turn.startTimer('askAgain', ASK_AGAIN_MS)
}

/** Says which clients have to stay here; that there are none only once, which also takes back what a predecessor has said. */
export function tellStaying(turn: Turn, read: Result<readonly ConnectedClient[]>): void {
  const { group, settings, saidNobody, stopping, applied, staying } = turn.state
  if (!read.ok) return
  const own = group?.nodes.find(({ self }) => self)?.mark
  const all = stopping || applied === null
  const others = [...staying].filter(([address]) => address !== settings.managementIp)
  const isClaimed = (client: string) => others.some(([, { clients }]) => clients.has(client))
  const clients = read.value.filter(
    ({ address }) => all || group?.slots[slotOfAddress(address)] !== own || isClaimed(address),
  )
  if (clients.length === 0 && saidNobody) return
  turn.change({ saidNobody: clients.length === 0 })
  const said = { all, generation: group?.generation ?? 0, clients }
  turn.perform({ type: 'send', to: 'discovery', message: { type: 'clients', ...said } })
  if (group !== null) keepStaying(turn, { type: 'clientsOf', address: settings.managementIp, ...said })
}

/**
 * What a node says of its clients; it may come before the dispatcher has placed the node. Bounded by as many nodes as a group has, and what
 * one beacon holds: then whoever spoke first of those without a place goes.
 */
export function keepStaying(turn: Turn, { address, all, generation, clients }: ClientsOfMessage): void {
  const { group, staying, pinsDue, settings, applied, stopping } = turn.state
  const placed = new Set(group?.nodes.map((node) => node.address))
  const kept = new Map(staying)
  kept.delete(address)
  const first = [...kept.keys()].find((node) => !placed.has(node))
  if (kept.size >= MAX_GROUP_NODES && first !== undefined) kept.delete(first)
  const heardAtMs = new Map(clients.map((client) => [client.address, turn.nowMs - client.silentMs]))
  kept.set(address, { all, clients: heardAtMs })
  turn.change({ staying: kept, pinsDue: pinsDue || (clients.length > 0 && placed.has(address)) })
  if (!placed.has(address)) turn.count('clientsOfStranger')
  noteTold(turn, address)
  noteLoserTold(turn, address, generation)
  // It does not know what has become of them meanwhile. Who has just started as well does not answer: they would never end.
  if (all && address !== settings.managementIp && applied !== null && !stopping) turn.perform({ type: 'readClients' })
}

/**
 * Nodes have a place whose clients were known before; and of one that has lost its place the word is over: when it is back, its clients
 * are elsewhere.
 */
export function notePlaces(turn: Turn, before: FastPathState): void {
  const { group, staying } = turn.state
  const places = (nodes: readonly ForwardingNode[] = []) => new Set(nodes.map(({ address }) => address))
  const [had, has] = [places(before.group?.nodes), places(group?.nodes)]
  const kept = [...staying].filter(([address]) => has.has(address) || !had.has(address))
  if (kept.length < staying.size) turn.change({ staying: new Map(kept) })
  if (kept.some(([address, { clients }]) => clients.size > 0 && has.has(address) && !had.has(address))) {
    turn.change({ pinsDue: true })
  }
  endWhereAllTold(turn)
}

/** A pin to a node that the kernel does not know is deleted by the next packet: the node first. */
export function knowsPlaces({ group, applied, staying }: FastPathState): boolean {
  const known = new Set(applied?.nodes.map(({ mark }) => mark))
  return group?.nodes.every(({ address, mark }) => known.has(mark) || !staying.has(address)) ?? true
}

/** The pins that follow from it: for a new director when all have spoken, since of two that name a client one was cut off, and is wrong. */
export function stayingPins({ staying, group, hearing }: FastPathState): readonly Pin[] {
  if (hearing !== null) return []
  const latest = new Map<string, { readonly mark: number; readonly heardAtMs: number }>()
  for (const { address, mark } of group?.nodes ?? []) {
    for (const [client, heardAtMs] of staying.get(address)?.clients ?? []) {
      if (heardAtMs >= (latest.get(client)?.heardAtMs ?? -Infinity)) latest.set(client, { mark, heardAtMs })
    }
  }
  return Array.from(latest, ([client, { mark }]) => ({ client, mark }))
}

/**
 * The slots for now: one that moves between nodes that both work does so when the clients that have to stay are known. Until then its
 * former owner gets new clients too.
 */
export function slotsForNow({ group, applied, timers }: FastPathState): Uint8Array {
  const next = group?.slots ?? new Uint8Array(SLOT_COUNT)
  if (timers.settle === undefined || applied === null) return next
  const eligible = new Set(group?.nodes.filter((node) => node.eligible).map(({ mark }) => mark))
  return next.map((mark, slot) => (eligible.has(applied.slots[slot]!) ? applied.slots[slot]! : mark))
}

/**
 * Nodes that get no new connection but keep what they have: whoever said goodbye, and whoever has told all its clients since, which only
 * a gateway does that has just started.
 */
export const isReachable = ({ staying }: FastPathState, { address, left, eligible }: ForwardingNode): boolean =>
  !eligible && (left || staying.get(address)?.all === true)

const slotOfAddress = (client: string): number => slotOfKey(...(parseClientKey(client) ?? ([0, 0, 0, 0] as const)))

const slotsDiffer = (one: Uint8Array, other: Uint8Array) => one.some((mark, slot) => mark !== other[slot])
