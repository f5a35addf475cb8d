import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { CLIENT_WORDS, PHASE, PHASE_MASK, SLOT_COUNT } from '../../../runtime/table/layout.ts'

/** Two clients of one slot. */
const [ours, theirs] = clientsOfOneSlot()

function clientsOfOneSlot(): [string, string] {
  const table = ConnectionTable.create({ clients: 1, forwarders: 1, connectionsPerForwarder: 1 })
  const slot = table.slotOf('10.0.0.0')
  for (let n = 1; ; n++) {
    const other = `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`
    if (table.slotOf(other) === slot) return ['10.0.0.0', other]
  }
}

function tableOfTwoForwarders(): ConnectionTable {
  const table = ConnectionTable.create({ clients: 4096, forwarders: 2, connectionsPerForwarder: 8 })
  table.setNode(0, { address: '10.9.9.9', state: 'ok', weight: 100 })
  table.setSlots(new Uint8Array(SLOT_COUNT), 1)
  return table
}

const open = (table: ConnectionTable, forwarder: number, connection: number, client: string) =>
  table.connectionOpened(forwarder, connection, ...parseClientKey(client)!, 0, 1)

/** Lets `intrude` happen right before the first store that `isMoment` picks: what another thread may do at any time. */
function beforeStore(isMoment: (index: number, value: number) => boolean, intrude: () => void): () => boolean {
  const store = Atomics.store
  let happened = false
  vi.spyOn(Atomics, 'store').mockImplementation(((words: Int32Array, index: number, value: number) => {
    if (!happened && isMoment(index, value)) {
      happened = true
      intrude()
    }
    return store(words, index, value)
  }) as typeof Atomics.store)
  return () => happened
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('freeing an entry and counting in it at the same moment', () => {
  it('the counter stands back when the entry was given to another client after it had been looked up', () => {
    const table = tableOfTwoForwarders()
    open(table, 0, 0, ours)
    table.connectionClosed(0, 0, 1)
    const entries = table.layout.regions + table.layout.column
    const happened = beforeStore(
      (index) => index >= entries && index < entries + table.layout.entries,
      () => {
        expect(table.sweep(100, 10)).toBe(1)
        expect(open(table, 1, 0, theirs)).toBe(1)
      },
    )
    expect(open(table, 0, 1, ours)).toBe(1)
    expect(happened()).toBe(true)
    expect(table.find(theirs)?.activeConnections).toBe(1)
    table.connectionClosed(0, 1, 1)
    expect([table.find(ours)?.activeConnections, table.find(theirs)?.activeConnections]).toEqual([0, 1])
  })

  it('the freer stands back when a connection was counted after the entry had looked idle', () => {
    const table = tableOfTwoForwarders()
    open(table, 0, 0, ours)
    table.connectionClosed(0, 0, 1)
    const happened = beforeStore(
      (index, value) => index >= table.layout.clients && (value & PHASE_MASK) === PHASE.LEAVING,
      () => expect(open(table, 1, 0, ours)).toBe(1),
    )
    expect(table.sweep(100, 10)).toBe(0)
    expect(happened()).toBe(true)
    expect(table.find(ours)?.activeConnections).toBe(1)
  })

  it('a forwarder that dies while it frees an entry leaves it usable', () => {
    const table = tableOfTwoForwarders()
    open(table, 0, 0, ours)
    table.connectionClosed(0, 0, 1)
    const words = new Int32Array(table.buffer)
    const slot = table.slotOf(ours)
    const entry = Array.from(
      { length: table.layout.ways },
      (_, way) => table.layout.clients + (slot * table.layout.ways + way) * CLIENT_WORDS,
    )
    const tagAt = entry.find((at) => (words[at]! & PHASE_MASK) === PHASE.OCCUPIED)!
    words[tagAt] = (words[tagAt]! & ~PHASE_MASK) | PHASE.LEAVING
    words[table.layout.locks + slot] = 2
    expect(table.find(ours)).toBeUndefined()
    table.reapForwarder(1)
    expect(table.find(ours)).toMatchObject({ activeConnections: 0 })
    expect(open(table, 0, 0, ours)).toBe(1)
  })
})
