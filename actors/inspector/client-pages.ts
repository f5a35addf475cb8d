import type { ClientRoute, ClientsPart } from '../dispatcher/messages.ts'

/** One page of the clients, and how many there are in all. */
export interface ClientsPage {
  readonly routes: readonly ClientRoute[]
  readonly total: number
}

/** Clients that are asked for at a time: whoever answers has other work before the next part. */
const PART_CLIENTS = 512

/** Asks for a page part by part, and counts the rest. */
export async function readClients(
  ask: (from: number, skip: number, take: number) => Promise<ClientsPart>,
  offset: number,
  limit: number,
): Promise<ClientsPage> {
  const routes: ClientRoute[] = []
  let total = 0
  for (let from: number | null = 0; from !== null; ) {
    const wanted = Math.min(PART_CLIENTS, limit - routes.length)
    const part: ClientsPart = await ask(from, Math.max(0, offset - total), wanted)
    routes.push(...part.routes)
    total += part.seen
    from = part.next
  }
  return { routes, total }
}
