import { addressBytes } from '../../runtime/wire/ip-address-bytes.ts'
import { CLIENTS_TOLD_MAX, type ClientRoute, type ClientsPart } from '../dispatcher/messages.ts'
import type { ClientOrder } from './messages.ts'

/** One page of the clients, and how many there are in all. */
export interface ClientsPage {
  readonly routes: readonly ClientRoute[]
  readonly total: number
}

/** Which page of which clients. */
export interface ClientsWish {
  readonly offset: number
  readonly limit: number
  /** Management IP: those of that node only. */
  readonly node: string | null
  /** Null: in no order. */
  readonly order: ClientOrder | null
}

type Ask = (from: number, skip: number, take: number) => Promise<ClientsPart>

/** Asks for a page part by part, and counts the rest. */
export function readClients(ask: Ask, wish: ClientsWish): Promise<ClientsPage> {
  return wish.node === null && wish.order === null ? readAnyClients(ask, wish) : readChosenClients(ask, wish)
}

async function readAnyClients(ask: Ask, { offset, limit }: ClientsWish): Promise<ClientsPage> {
  const routes: ClientRoute[] = []
  let total = 0
  for (let from: number | null = 0; from !== null; ) {
    const wanted = Math.min(CLIENTS_TOLD_MAX, limit - routes.length)
    const part: ClientsPart = await ask(from, Math.max(0, offset - total), wanted)
    routes.push(...part.routes)
    total += part.seen
    from = part.next
  }
  return { routes, total }
}

/** A client with what it is sorted by where all else is the same: found out once, not at each comparison. */
interface Candidate {
  readonly route: ClientRoute
  readonly address: Uint8Array
}

const candidateOf = (route: ClientRoute): Candidate => ({
  route,
  address: addressBytes(route.client) ?? new Uint8Array(),
})

/** Looks at all of them, since any may be the first. Kept are never more than twice what comes up to the page's end, and a part. */
async function readChosenClients(ask: Ask, { offset, limit, node, order }: ClientsWish): Promise<ClientsPage> {
  const end = offset + limit
  let kept: Candidate[] = []
  let total = 0
  for (let from: number | null = 0; from !== null; ) {
    const part: ClientsPart = await ask(from, 0, CLIENTS_TOLD_MAX)
    const chosen = part.routes.filter((route) => node === null || route.node === node)
    total += chosen.length
    kept.push(...chosen.map(candidateOf))
    if (kept.length > 2 * end) kept = sorted(kept, order).slice(0, end)
    from = part.next
  }
  const page = sorted(kept, order).slice(offset, end)
  return { routes: page.map(({ route }) => route), total }
}

function sorted(candidates: Candidate[], order: ClientOrder | null): Candidate[] {
  if (order === null) return candidates
  const compare = COMPARISONS[order]
  return candidates.sort((one, other) => compare(one.route, other.route) || Buffer.compare(one.address, other.address))
}

/** Of two clients of which nothing else is to be said the lower address comes first. */
const COMPARISONS: Readonly<Record<ClientOrder, (one: ClientRoute, other: ClientRoute) => number>> = {
  client: () => 0,
  node: (one, other) => compareTexts(one.node ?? '', other.node ?? ''),
  active: (one, other) => (other.activeConnections ?? -1) - (one.activeConnections ?? -1),
  seen: (one, other) => (one.idleS ?? Number.MAX_SAFE_INTEGER) - (other.idleS ?? Number.MAX_SAFE_INTEGER),
}

const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other))
