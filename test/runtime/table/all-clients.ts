import type { ClientState } from '../../../runtime/table/client-buckets.ts'
import type { ConnectionTable } from '../../../runtime/table/connection-table.ts'

/** Every client of the table, in no order. */
export function allClients(table: ConnectionTable): (ClientState & { client: string })[] {
  const found: (ClientState & { client: string })[] = []
  for (let from: number | null = 0; from !== null; ) {
    const part = table.clients(from, 0, Number.POSITIVE_INFINITY)
    for (const client of part.clients) {
      const state = table.find(client)
      if (state !== undefined) found.push({ client, ...state })
    }
    from = part.next
  }
  return found
}
