import { CLIENTS_TOLD_MAX, type ClientRoute, type ClientsPart } from '../dispatcher/messages.ts'

/** One page of the clients, and how many there are in all. */
export interface ClientsPage {
  readonly routes: readonly ClientRoute[]
  readonly total: number
}

/** Asks for a page part by part, and counts the rest. */
export async function readClients(
  ask: (from: number, skip: number, take: number) => Promise<ClientsPart>,
  offset: number,
  limit: number,
): Promise<ClientsPage> {
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
