/** Clients that an operator has tied to a node: their new connections go there, as long as it takes any. */
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import type { TableTie } from '../../runtime/table/tied-entries.ts'
import type { TiedClient } from '../../runtime/wire/beacon/tied-clients.ts'
import { MAX_TIED } from '../../runtime/wire/group-bounds.ts'
import type { Member } from '../discovery/messages.ts'
import type { TieRefusal } from './messages.ts'

/** Management IP of the node, by client. */
export type Ties = ReadonlyMap<string, string>

type Rows = readonly (NodeSetting | null)[]

/** Why an order is not taken; null where it is. */
export function refusalOfTie(tied: Ties, client: string, node: string | null): TieRefusal | null {
  if (node === null) return tied.has(client) ? null : 'notTied'
  return tied.size >= MAX_TIED && !tied.has(client) ? 'full' : null
}

export function withTie(tied: Ties, client: string, node: string | null): Ties {
  const next = new Map(tied)
  if (node === null) next.delete(client)
  else next.set(client, node)
  return next
}

/** As messages and beacons have them. */
export const tiesOf = (tied: Ties): readonly TiedClient[] => Array.from(tied, ([client, node]) => ({ client, node }))

export const tiesFrom = (tied: readonly TiedClient[]): Ties => new Map(tied.map(({ client, node }) => [client, node]))

export const sameTies = (one: Ties, other: Ties): boolean =>
  one.size === other.size && [...one].every(([client, node]) => other.get(client) === node)

/** What the table had when this dispatcher started. */
export const adoptedTies = (rows: Rows, tied: readonly TableTie[]): Ties =>
  new Map(
    tied.flatMap(({ client, node }) => {
      const row = rows[node]
      return row == null ? [] : [[client, row.address] as const]
    }),
  )

/** As the table has them: those whose node has a row. */
export const tableTies = (tied: Ties, rows: Rows): readonly TableTie[] =>
  Array.from(tied).flatMap(([client, address]) => {
    const node = rows.findIndex((row) => row?.address === address)
    return node < 0 ? [] : [{ client, node }]
  })

/** For whoever reads the log. */
export function tieLine(members: readonly Member[], client: string, node: string | null): string {
  if (node === null) return `client ${client} is tied to no node any more: it goes as any other`
  const name = members.find(({ address }) => address === node)?.name
  return `client ${client} is tied to ${name === undefined ? node : `${name} (${node})`}: its new connections go there`
}
