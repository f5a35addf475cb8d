import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AffinityMask, BY_ADDRESS } from '../../../runtime/table/affinity.ts'
import { type ClientKey, formatClientKey, MAPPED, parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'

const word = fc.integer({ min: 0, max: 0xffff_ffff })
const prefixOf = (mask: AffinityMask, address: string) => {
  const [k0, k1, k2, k3] = mask.masked(...parseClientKey(address)!)
  return formatClientKey([k0!, k1!, k2!, k3!])
}

describe('the affinity', () => {
  it.each([
    [{ ipv4: 24, ipv6: 64 }, '10.1.2.3', '10.1.2.0'],
    [{ ipv4: 8, ipv6: 64 }, '200.1.2.3', '200.0.0.0'],
    [{ ipv4: 32, ipv6: 64 }, '200.1.2.3', '200.1.2.3'],
    [{ ipv4: 1, ipv6: 64 }, '200.1.2.3', '128.0.0.0'],
    [{ ipv4: 24, ipv6: 64 }, '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    [{ ipv4: 24, ipv6: 48 }, '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    [{ ipv4: 24, ipv6: 33 }, '2001:db8:ffff::', '2001:db8:8000::'],
    [{ ipv4: 24, ipv6: 1 }, 'fd00::1', '8000::'],
  ])('of %o takes %s for %s', (affinity, address, prefix) => {
    expect(prefixOf(new AffinityMask(affinity), address)).toBe(prefix)
  })

  it('by address is the address, of either family', () => {
    const mask = new AffinityMask(BY_ADDRESS)
    const anyKey: fc.Arbitrary<ClientKey> = fc.oneof(
      fc.tuple(word, word, word, word),
      word.map((ipv4): ClientKey => [0, 0, MAPPED, ipv4]),
    )
    fc.assert(
      fc.property(anyKey, (key) => {
        expect([...mask.masked(...key)]).toEqual([...key])
      }),
    )
  })

  it('gives all clients of a prefix one slot, one pin and one count of connections', () => {
    const table = ConnectionTable.create({
      clients: 4096,
      forwarders: 1,
      connectionsPerForwarder: 8,
      affinity: { ipv4: 24, ipv6: 64 },
    })
    for (const [index, address] of ['10.0.0.1', '10.0.0.2'].entries())
      table.setNode(index, { address, state: 'ok', weight: 1 })
    table.setSlots(new Uint8Array(4096).fill(0), 1)
    for (const [first, second, other] of [
      ['192.0.2.1', '192.0.2.200', '192.0.3.1'],
      ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:1::1'],
    ] as const) {
      table.setSlots(new Uint8Array(4096).fill(0), 1)
      const connection = first === '192.0.2.1' ? 0 : 1
      table.connectionOpened(0, connection, ...parseClientKey(first)!, 0, 5)
      table.setSlots(new Uint8Array(4096).fill(1), 2)
      expect(table.slotOf(second)).toBe(table.slotOf(first))
      expect(table.route(...parseClientKey(second)!)).toBe(0)
      expect(table.find(second)).toMatchObject({ node: 0, activeConnections: 1 })
      expect(table.route(...parseClientKey(other)!)).toBe(1)
      expect(table.find(other)).toBeUndefined()
    }
  })

  it('is in the table’s buffer, for every thread that attaches to it', () => {
    const size = { clients: 4096, forwarders: 1, connectionsPerForwarder: 8 }
    const attached = new ConnectionTable(ConnectionTable.create({ ...size, affinity: { ipv4: 16, ipv6: 48 } }).buffer)
    expect(attached.slotOf('10.1.2.3')).toBe(attached.slotOf('10.1.200.7'))
    const plain = new ConnectionTable(ConnectionTable.create(size).buffer)
    expect(plain.slotOf('10.1.0.0')).toBe(attached.slotOf('10.1.200.7'))
  })
})
