import { expect, it } from 'vitest'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { NOBODY, SLOT_COUNT, TIED_MAX } from '../../../runtime/table/layout.ts'
import type { NodeState } from '../../../runtime/table/node-rows.ts'

/** Two nodes; every slot is of the first. */
function tableOf(affinity = { ipv4: 32, ipv6: 128 }): ConnectionTable {
  const table = ConnectionTable.create({ clients: 4096, forwarders: 1, connectionsPerForwarder: 64, affinity })
  setState(table, 0, 'ok')
  setState(table, 1, 'ok')
  table.setSlots(new Uint8Array(SLOT_COUNT), 1)
  return table
}
const setState = (table: ConnectionTable, index: number, state: NodeState) =>
  table.setNode(index, { address: `10.0.0.${index + 1}`, state, weight: 100 })
const route = (table: ConnectionTable, client: string) => table.route(...parseClientKey(client)!)

it.each(['192.0.2.1', 'fd00::1'])(
  '%s goes to the node that it is tied to, whatever is pinned, and nobody else',
  (client) => {
    const table = tableOf()
    table.connectionOpened(0, 0, ...parseClientKey(client)!, 0, 1)
    table.setTied([{ client, node: 1 }])
    expect(route(table, client)).toBe(1)
    expect([route(table, '192.0.2.2'), route(table, 'fd00::2')]).toEqual([0, 0])
    expect([table.tiedNodeOf(client), table.tiedNodeOf('192.0.2.2')]).toEqual([1, NOBODY])
    table.setTied([])
    expect(route(table, client)).toBe(0)
  },
)

it.each(['draining', 'failure', 'stale'] as const)(
  'one whose node is %s goes as any other until it is back',
  (state) => {
    const table = tableOf()
    table.setTied([{ client: '192.0.2.1', node: 1 }])
    setState(table, 1, state)
    expect(route(table, '192.0.2.1')).toBe(0)
    setState(table, 1, 'ok')
    expect(route(table, '192.0.2.1')).toBe(1)
  },
)

it('where clients are told apart by prefix, its prefix is tied', () => {
  const table = tableOf({ ipv4: 24, ipv6: 64 })
  table.setTied([{ client: '192.0.2.1', node: 1 }])
  expect([route(table, '192.0.2.200'), route(table, '192.0.3.1')]).toEqual([1, 0])
})

it('all are read as they were written; there is room for so many', () => {
  const table = tableOf()
  const tied = Array.from({ length: TIED_MAX + 1 }, (_, index) => ({
    client: `fd00::${(index + 1).toString(16)}`,
    node: index % 2,
  }))
  table.setTied(tied)
  expect(table.readTied()).toEqual(tied.slice(0, TIED_MAX))
  expect(new ConnectionTable(table.buffer).readTied()).toEqual(tied.slice(0, TIED_MAX))
})
