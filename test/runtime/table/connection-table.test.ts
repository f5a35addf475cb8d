import { describe, expect, it } from 'vitest'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable, TableLayoutError } from '../../../runtime/table/connection-table.ts'
import { HEADER, NOBODY, SLOT_COUNT } from '../../../runtime/table/layout.ts'
import type { NodeState } from '../../../runtime/table/node-rows.ts'
import { allClients } from './all-clients.ts'

const size = { clients: 4096, forwarders: 2, connectionsPerForwarder: 64 }
const nodeAddress = (index: number) => `10.0.0.${index + 1}`

/** A table with that many nodes in state ok; every slot belongs to node 0 unless told otherwise. */
function tableWith(nodes: number, owner = 0): ConnectionTable {
  const table = ConnectionTable.create(size)
  for (let index = 0; index < nodes; index++) setState(table, index, 'ok')
  table.setSlots(new Uint8Array(SLOT_COUNT).fill(owner), 1)
  return table
}

const setState = (table: ConnectionTable, index: number, state: NodeState, weight = 100) =>
  table.setNode(index, { address: nodeAddress(index), state, weight })

const route = (table: ConnectionTable, client: string) => table.route(...parseClientKey(client)!)

const open = (table: ConnectionTable, connection: number, client: string, node: number, forwarder = 0, nowS = 1) =>
  table.connectionOpened(forwarder, connection, ...parseClientKey(client)!, node, nowS)

describe('nodes', () => {
  it('are found by their address, with what was set', () => {
    const table = tableWith(2)
    table.setNode(1, { address: '10.0.0.2', state: 'failure', weight: 7 })
    expect(table.nodeIndexOf('10.0.0.2')).toBe(1)
    expect(table.node(1)).toMatchObject({ address: '10.0.0.2', state: 'failure', weight: 7 })
    expect(table.nodeIndexOf('10.0.0.3')).toBeUndefined()
    expect(table.node(2)).toBeUndefined()
  })

  it('are counted over all forwarders', () => {
    const table = tableWith(1)
    open(table, 0, '192.0.2.1', 0, 0)
    open(table, 0, '192.0.2.2', 0, 1)
    table.attempted(0, 0, true)
    table.attempted(1, 0, true)
    table.attempted(1, 0, false)
    table.addBytes(0, 0, 10, 200)
    table.addBytes(1, 0, 1, 2)
    expect(table.node(0)).toMatchObject({
      activeConnections: 2,
      totalConnections: 2,
      failedConnections: 1,
      bytesToNode: 11,
      bytesToClient: 202,
    })
    table.connectionClosed(0, 0, 2)
    expect(table.node(0)).toMatchObject({ activeConnections: 1, totalConnections: 2 })
  })

  it('start from zero at an index that another address had', () => {
    const table = tableWith(1)
    open(table, 0, '192.0.2.1', 0)
    table.attempted(0, 0, true)
    table.attempted(0, 0, false)
    table.addBytes(0, 0, 10, 20)
    table.connectionClosed(0, 0, 1)
    table.setNode(0, { address: '10.0.0.99', state: 'ok', weight: 1 })
    expect(table.node(0)).toMatchObject({
      activeConnections: 0,
      totalConnections: 0,
      failedConnections: 0,
      bytesToNode: 0,
      bytesToClient: 0,
    })
  })
})

describe('slots', () => {
  it('belong to nobody at first', () => {
    const table = ConnectionTable.create(size)
    expect(table.readSlots()).toEqual(new Uint8Array(SLOT_COUNT).fill(NOBODY))
    expect(table.generation).toBe(0)
    expect(route(table, '192.0.2.1')).toBe(NOBODY)
  })

  it('are read back as they were set, with their generation', () => {
    const table = tableWith(3)
    const slots = Uint8Array.from({ length: SLOT_COUNT }, (_, slot) => slot % 3)
    table.setSlots(slots, 4_000_000_000)
    expect(table.readSlots()).toEqual(slots)
    expect(table.generation).toBe(4_000_000_000)
    expect(route(table, '192.0.2.77')).toBe(table.slotOf('192.0.2.77') % 3)
  })
})

describe('a client', () => {
  it('goes to the owner of its slot', () => {
    expect(route(tableWith(3, 2), '192.0.2.1')).toBe(2)
  })

  it('with connections stays at its node when its slot moves', () => {
    const table = tableWith(2, 0)
    open(table, 0, '192.0.2.1', 0)
    table.setSlots(new Uint8Array(SLOT_COUNT).fill(1), 2)
    expect(route(table, '192.0.2.1')).toBe(0)
    expect(route(table, '192.0.2.2')).toBe(1)
  })

  it('without connections follows its slot', () => {
    const table = tableWith(2, 0)
    open(table, 0, '192.0.2.1', 0)
    table.setSlots(new Uint8Array(SLOT_COUNT).fill(1), 2)
    table.connectionClosed(0, 0, 5)
    expect(route(table, '192.0.2.1')).toBe(1)
    expect(table.find('192.0.2.1')).toEqual({ node: 0, activeConnections: 0, lastSeenS: 5, sinceS: 1 })
  })

  it('with connections at a draining node is pinned to the node that its next one goes to, and what is open stays', () => {
    const table = tableWith(3, 1)
    open(table, 0, '192.0.2.1', 0)
    setState(table, 0, 'draining')
    expect(route(table, '192.0.2.1')).toBe(1)
    open(table, 1, '192.0.2.1', 1)
    table.setSlots(new Uint8Array(SLOT_COUNT).fill(2), 2)
    expect(route(table, '192.0.2.1')).toBe(1)
    expect([table.activeConnections(0), table.activeConnections(1)]).toEqual([1, 1])
  })

  for (const state of ['draining', 'failure', 'stale', 'free'] as const) {
    it(`leaves a node in state ${state}, pinned or not`, () => {
      const table = tableWith(2, 0)
      open(table, 0, '192.0.2.1', 0)
      setState(table, 0, state)
      expect(route(table, '192.0.2.1')).toBe(1)
      expect(route(table, '192.0.2.2')).toBe(1)
    })
  }

  it('whose connection moved to another node is pinned there', () => {
    const table = tableWith(2, 0)
    open(table, 0, '192.0.2.1', 0)
    table.connectionMoved(0, 0, 1)
    expect(route(table, '192.0.2.1')).toBe(1)
    expect([table.activeConnections(0), table.activeConnections(1)]).toEqual([0, 1])
  })

  it('remembers since when it goes to its node, however many connections it opens there', () => {
    const table = tableWith(2)
    open(table, 0, '192.0.2.1', 0, 0, 10)
    open(table, 1, '192.0.2.1', 0, 0, 20)
    expect(table.find('192.0.2.1')).toMatchObject({ sinceS: 10, lastSeenS: 20 })
    open(table, 2, '192.0.2.1', 1, 0, 30)
    expect(table.find('192.0.2.1')).toMatchObject({ node: 1, sinceS: 30 })
  })

  it('loses its pin when the node index is given to another address', () => {
    const table = tableWith(2, 1)
    open(table, 0, '192.0.2.1', 0)
    table.setNode(0, { address: '10.0.0.99', state: 'ok', weight: 100 })
    expect(route(table, '192.0.2.1')).toBe(1)
  })

  it('is counted per connection, and a second close counts nothing', () => {
    const table = tableWith(1)
    expect(open(table, 0, '2001:db8::1', 0)).toBe(1)
    expect(open(table, 1, '2001:db8::1', 0)).toBe(2)
    expect(open(table, 0, '2001:db8::1', 0, 1)).toBe(3)
    table.connectionClosed(0, 0, 9)
    table.connectionClosed(0, 0, 9)
    expect(table.find('2001:db8::1')).toEqual({ node: 0, activeConnections: 2, lastSeenS: 9, sinceS: 1 })
    expect(table.activeConnections(0)).toBe(2)
  })
})

describe('the next best node', () => {
  it('has the fewest connections for its weight, the lower index on a tie', () => {
    const table = tableWith(3)
    expect(table.nextBest(0, 0)).toBe(0)
    open(table, 0, '192.0.2.1', 0)
    expect(table.nextBest(0, 0)).toBe(1)
    setState(table, 2, 'ok', 200)
    expect(table.nextBest(0, 0)).toBe(2)
  })

  it('is none that was tried or takes no new clients, and one without weight only where no other is left', () => {
    const table = tableWith(4)
    setState(table, 1, 'ok', 0)
    setState(table, 2, 'draining')
    expect(table.nextBest(1 << 0, 0)).toBe(3)
    expect(table.nextBest((1 << 0) | (1 << 3), 0)).toBe(1)
    expect(table.nextBest((1 << 0) | (1 << 1) | (1 << 3), 0)).toBe(NOBODY)
  })

  it('is found among the upper half of the indices too', () => {
    const table = tableWith(0)
    setState(table, 40, 'ok')
    setState(table, 63, 'ok')
    expect(table.nextBest(0, 0)).toBe(40)
    expect(table.nextBest(0, 1 << 8)).toBe(63)
    expect(table.nextBest(0, (1 << 8) | (1 << 31))).toBe(NOBODY)
  })
})

describe('a full bucket', () => {
  /** Addresses of one slot. */
  function ofOneSlot(table: ConnectionTable, count: number): string[] {
    const wanted = table.slotOf('10.1.0.0')
    const found: string[] = []
    for (let n = 0; found.length < count; n++) {
      const address = `10.${1 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}`
      if (table.slotOf(address) === wanted) found.push(address)
    }
    return found
  }

  it('forgets the idle client that was seen longest ago', () => {
    const table = tableWith(1)
    const clients = ofOneSlot(table, table.layout.ways + 1)
    for (const [at, client] of clients.slice(0, -1).entries()) {
      open(table, 0, client, 0, 0, 10 + at)
      table.connectionClosed(0, 0, 100 - at)
    }
    expect(open(table, 0, clients.at(-1)!, 0)).toBe(1)
    expect(table.find(clients.at(-2)!)).toBeUndefined()
    expect(table.find(clients[0]!)).toBeDefined()
  })

  it('of busy clients serves one more by its slot, uncounted', () => {
    const table = tableWith(1)
    const clients = ofOneSlot(table, table.layout.ways + 1)
    for (const [at, client] of clients.slice(0, -1).entries()) expect(open(table, at, client, 0)).toBe(1)
    expect(open(table, 60, clients.at(-1)!, 0)).toBe(0)
    expect(route(table, clients.at(-1)!)).toBe(0)
    expect(table.activeConnections(0)).toBe(clients.length)
    table.connectionClosed(0, 60, 1)
    expect(table.activeConnections(0)).toBe(clients.length - 1)
  })
})

describe('a full table', () => {
  const clients = 65_536
  const addressOf = (n: number) => `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`

  it('has room for as many busy clients as it was made for, but for a few whose bucket is full, and refuses none', () => {
    const table = ConnectionTable.create({ clients, forwarders: 1, connectionsPerForwarder: clients + 1 })
    setState(table, 0, 'ok')
    table.setSlots(new Uint8Array(SLOT_COUNT), 1)
    let uncounted = 0
    for (let n = 0; n <= clients; n++) {
      if (route(table, addressOf(n)) !== 0) expect.fail(`${addressOf(n)} is refused`)
      if (open(table, n, addressOf(n), 0) === 0) uncounted++
    }
    expect(table.activeConnections(0)).toBe(clients + 1)
    expect(uncounted).toBeLessThan(clients / 1000)
  })

  it('to its last entry keeps whom it has at their node; one beyond goes by its slot', () => {
    const entries = SLOT_COUNT * 2
    const table = ConnectionTable.create({ ...size, connectionsPerForwarder: entries + 1 })
    for (const node of [0, 1]) setState(table, node, 'ok')
    table.setSlots(new Uint8Array(SLOT_COUNT), 1)
    const kept: string[] = []
    for (let n = 0; kept.length < entries; n++) {
      if (open(table, kept.length, addressOf(n), 0) > 0) kept.push(addressOf(n))
      else table.connectionClosed(0, kept.length, 1)
    }
    const beyond = '192.0.2.1'
    expect(open(table, entries, beyond, 0)).toBe(0)
    table.setSlots(new Uint8Array(SLOT_COUNT).fill(1), 2)
    expect(route(table, beyond)).toBe(1)
    expect(kept.every((client) => route(table, client) === 0)).toBe(true)
  })
})

describe('sweep', () => {
  it('frees idle clients of that age, and no others', () => {
    const table = tableWith(1)
    for (const [connection, client] of ['192.0.2.1', '192.0.2.2', '192.0.2.3'].entries())
      open(table, connection, client, 0)
    table.connectionClosed(0, 0, 10)
    table.connectionClosed(0, 1, 50)
    expect(table.sweep(70, 60)).toBe(1)
    expect(table.find('192.0.2.1')).toBeUndefined()
    expect(
      allClients(table)
        .map((entry) => entry.client)
        .sort(),
    ).toEqual(['192.0.2.2', '192.0.2.3'])
    expect(table.sweep(1000, 60)).toBe(1)
    expect(table.find('192.0.2.3')?.activeConnections).toBe(1)
  })
})

describe('reaping a dead forwarder', () => {
  it('undoes what its connections counted, and nothing else', () => {
    const table = tableWith(1)
    open(table, 0, '192.0.2.1', 0, 0)
    open(table, 0, '192.0.2.1', 0, 1)
    open(table, 1, '192.0.2.2', 0, 1)
    table.attempted(1, 0, true)
    table.reapForwarder(1)
    expect(table.find('192.0.2.1')?.activeConnections).toBe(1)
    expect(table.find('192.0.2.2')?.activeConnections).toBe(0)
    expect(table.node(0)).toMatchObject({ activeConnections: 1, totalConnections: 1 })
    table.connectionClosed(1, 0, 1)
    expect(table.activeConnections(0)).toBe(1)
  })

  it('frees the locks that it held', () => {
    const table = tableWith(1)
    const words = new Int32Array(table.buffer)
    const lock = table.layout.locks + table.slotOf('192.0.2.1')
    words[lock] = 2
    expect(open(table, 0, '192.0.2.1', 0)).toBe(0)
    table.reapForwarder(0)
    expect(words[lock]).toBe(2)
    table.reapForwarder(1)
    expect(open(table, 1, '192.0.2.1', 0)).toBe(1)
  })
})

describe('the layout', () => {
  it('of another version is refused', () => {
    const table = ConnectionTable.create(size)
    expect(new ConnectionTable(table.buffer).layout).toEqual(table.layout)
    new Int32Array(table.buffer)[HEADER.VERSION]! += 1
    expect(() => new ConnectionTable(table.buffer)).toThrow(TableLayoutError)
  })

  it('counts the signs of life and the events of each forwarder apart', () => {
    const table = ConnectionTable.create(size)
    table.beat(1)
    table.count(1, 'accepted', 3)
    expect([table.heartbeat(0), table.heartbeat(1)]).toEqual([0, 1])
    expect([table.counters(0).accepted, table.counters(1).accepted]).toEqual([0, 3])
  })
})
