import type { Result } from '../../../runtime/ports/result.ts'
import { parseClientKey, slotOfKey } from '../../../runtime/table/client-key.ts'
import type { ClientConnection, ConnectedClient } from '../../../runtime/wire/beacon/clients.ts'
import { MAX_GROUP_NODES } from '../../../runtime/wire/group-bounds.ts'
import type { ClientsOfMessage } from '../../discovery/messages.ts'
import type { ForwardingNode } from '../messages.ts'
import { keyOfConnection } from '../ruleset/connection-key.ts'
import { portsIn } from '../ruleset/port-ranges.ts'
import type { KnownConnection, Pin } from '../ruleset/ruleset-types.ts'
import type { FastPathState } from '../state.ts'
import type { Turn } from '../turn.ts'
import { noteToldMeanwhile } from './giving-way.ts'
import { endWhereAllTold, noteTold } from './hearing.ts'
import { isRetold } from './retelling.ts'
import { ASK_AGAIN_MS, beginSettling, goOnSettling, noteSaid } from './settling.ts'

/**
 * Who stays where although the slot has moved. The packets write the director's pins, and the next director has none of them. But
 * every node knows its clients, idle ones too: by its own sockets. So each tells all which of them have a slot of another node by now:
 * whenever slots have moved, there is another director, and every five seconds. When it is stopped in order it loses all its slots,
 * and names all. Whoever is or becomes director pins them. What a director does meanwhile with a segment of which nothing is known:
 *
 *      (settled)  ------- slots move ------->  settling  --- each old owner has said it, 2 s at most --->  (settled)
 *      by slot                                 to the old owner; also later, where that is silent but its host lives
 *         |                                        ^
 *         |                                        | all have said it: 300 ms for the dead, 2.5 s for the others
 *         '--- this host leads from now on --->  hearing
 *                                                dropped, so that TCP sends it again
 *
 *      giving way, where this host leads no more: by slot for 2.5 s, then dropped; for a minute
 *
 * What begins while it hears or settles is recorded, and goes where it began (`settling.ts`, `hearing.ts`, `giving-way.ts`).
 *
 * A client may have connections at several nodes: at one that drains, has left or was cut off, and at those where it has opened new
 * ones since. So whoever else has such a client says so, too, and then each names the connections one by one.
 */

/** Clients that are pinned open connections beside their slot at any time. The kernel's walk through its sockets takes up to 10 ms. */
const ASK_EVERY_MS = 5000

/**
 * There is another director, which has no pins: who has to stay? Where it is this host, that is known of its own clients before anything
 * else is done.
 */
export function noteDirector(turn: Turn): void {
  const { applied, stopping, errand } = turn.state
  if (applied === null || stopping) return
  goOnSettling(turn)
  // It waits for everybody's word, also for that of who has nothing to say.
  turn.change({ saidNobody: false, saysTwice: true })
  turn.perform({ type: 'readClients' })
  // The former director gives clients connections until they hear of the next one, by what it hears now: once more when most have.
  turn.startTimer('askAgain', ASK_AGAIN_MS)
  if (errand.kind === 'none') turn.change({ errand: { kind: 'reading' } })
}

export function askLater(turn: Turn): void {
  // A director is told once more by whom it waits for, also by who has nothing to say.
  if (turn.state.saysTwice) turn.change({ saysTwice: false, saidNobody: false })
  turn.perform({ type: 'readClients' })
  turn.startTimer('askAgain', ASK_EVERY_MS)
}

/** Slots have moved: who has to stay? */
export function noteMove(turn: Turn, before: FastPathState): void {
  const { group, stopping } = turn.state
  if (group === null || before.group === null || !slotsDiffer(before.group.slots, group.slots)) return
  beginSettling(turn)
  // It says who has to stay when it is ready to go.
  if (stopping) return
  // The director waits for everybody's word, also for that of who has nothing to say.
  turn.change({ saidNobody: false, saysTwice: true })
  turn.perform({ type: 'readClients' })
  turn.startTimer('askAgain', ASK_AGAIN_MS)
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
  const { group, settings, saidNobody, stopping, applied, staying, former } = turn.state
  if (!read.ok) return
  const own = group?.nodes.find(({ self }) => self)?.mark
  const all = stopping || applied === null
  const others = [...staying].filter(([address]) => address !== settings.managementIp)
  const isClaimed = (client: string) => others.some(([, { clients }]) => clients.has(client))
  const isElsewhere = (slot: number) =>
    group?.slots[slot] !== own || (former?.[slot] ?? 0) !== 0 || isRetold(turn.state, slot, turn.nowMs)
  const clients = read.value.flatMap((client): ConnectedClient[] => {
    if (isClaimed(client.address)) return [client]
    // All that it has are here.
    return all || isElsewhere(slotOfAddress(client.address)) ? [{ ...client, connections: [] }] : []
  })
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
export function keepStaying(turn: Turn, word: ClientsOfMessage): void {
  const { address, all, clients } = word
  const { group, staying, pinsDue, settings, applied, stopping } = turn.state
  const claimed = new Set([...staying.values()].flatMap((word) => [...word.clients.keys()]))
  const isNews = clients.some((client) => !claimed.has(client.address))
  const placed = new Set(group?.nodes.map((node) => node.address))
  const kept = new Map(staying)
  kept.delete(address)
  const first = [...kept.keys()].find((node) => !placed.has(node))
  if (kept.size >= MAX_GROUP_NODES && first !== undefined) kept.delete(first)
  const told = clients.map(({ address, silentMs, connections }) => {
    return [address, { heardAtMs: turn.nowMs - silentMs, connections }] as const
  })
  kept.set(address, { all, clients: new Map(told) })
  turn.change({ staying: kept, pinsDue: pinsDue || (clients.length > 0 && placed.has(address)) })
  if (!placed.has(address)) turn.count('clientsOfStranger')
  noteTold(turn, address)
  noteSaid(turn, word)
  noteToldMeanwhile(turn, address)
  // It does not know what has become of them meanwhile, and whoever has such a client, too, says so. Who has just started as well does
  // not answer: they would never end.
  if ((all || isNews) && address !== settings.managementIp && applied !== null && !stopping)
    turn.perform({ type: 'readClients' })
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

/** A claim of a node to a client. */
interface Claim {
  readonly mark: number
  readonly heardAtMs: number
  readonly connections: readonly ClientConnection[]
}

/**
 * Of two nodes that name a client the one is its pin that has not told the connections one by one, since it may have any; of those that
 * have, the one that has heard the client last.
 */
const isStronger = (one: Claim, other: Claim | undefined): boolean =>
  other === undefined ||
  (one.connections.length === 0) > (other.connections.length === 0) ||
  ((one.connections.length === 0) === (other.connections.length === 0) && one.heardAtMs >= other.heardAtMs)

const claims = ({ staying, group }: FastPathState): readonly (Claim & { readonly client: string })[] =>
  (group?.nodes ?? []).flatMap(({ address, mark }) =>
    Array.from(staying.get(address)?.clients ?? [], ([client, told]) => ({ client, mark, ...told })),
  )

/** The pins that follow from it: for a new director when all have spoken, since of two that name a client one was cut off, and is wrong. */
export function stayingPins(state: FastPathState): readonly Pin[] {
  if (state.hearing !== null) return []
  const strongest = new Map<string, Claim>()
  for (const claim of claims(state)) {
    if (isStronger(claim, strongest.get(claim.client))) strongest.set(claim.client, claim)
  }
  return Array.from(strongest, ([client, { mark }]) => ({ client, mark, divided: true }))
}

/** The connections that go with those pins: of clients that several nodes name. */
export function stayingConnections(state: FastPathState): readonly KnownConnection[] {
  if (state.hearing !== null) return []
  const own = portsIn(state.settings.portRanges).map((port) => ({ originalPort: port, proxyPort: port }))
  const originalPorts = Map.groupBy([...state.ports, ...own], ({ proxyPort }) => proxyPort)
  return claims(state).flatMap(({ client, mark, connections }) =>
    connections.flatMap(({ clientPort, virtualIp, proxyPort }) =>
      // By which of several a connection came only the packets know.
      (originalPorts.get(proxyPort) ?? []).map(({ originalPort }) => {
        return { ...keyOfConnection({ client, clientPort, virtualIp, originalPort }), mark }
      }),
    ),
  )
}

const slotOfAddress = (client: string): number => slotOfKey(...(parseClientKey(client) ?? ([0, 0, 0, 0] as const)))

const slotsDiffer = (one: Uint8Array, other: Uint8Array) => one.some((mark, slot) => mark !== other[slot])
