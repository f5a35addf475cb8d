import { describe, expect, it } from 'vitest'
import { adoptBalance, nextBalance } from '../../../actors/dispatcher/policy.ts'
import { SeededRandom } from '../../fakes/random.ts'
import { memberOf } from './members.ts'
import { SimulatedClients } from './simulated-clients.ts'

const CLIENTS = 10_000
const MEMBERS = [{}, {}, {}, {}]

describe('10,000 clients', () => {
  it('are on four equal nodes alike: the largest has at most 1.05 times the mean', () => {
    const group = new SimulatedClients()
    group.report(MEMBERS)
    group.connectAll()
    expect(Math.max(...group.connections(4)) / (CLIENTS / 4)).toBeLessThanOrEqual(1.05)
  })

  it('are on nodes of capacity 2:1:1 in this proportion, to within 5 %', () => {
    const group = new SimulatedClients()
    group.report([{ capacity: 200 }, {}, {}])
    group.connectAll()
    const [first, second, third] = group.connections(3) as [number, number, number]
    for (const ratio of [first / 5000, second / 2500, third / 2500]) expect(Math.abs(ratio - 1)).toBeLessThan(0.05)
  })

  it('of a node that dies go to the others in proportion, and nobody else moves', () => {
    const group = new SimulatedClients(30_000)
    for (let second = 0; second < 60; second++) group.report([{ capacity: 200 }, {}, {}, {}])
    const before = group.routes()
    group.report([{ capacity: 200 }, {}, {}, { health: 'stale' }])
    const after = group.routes()
    const dead = group.table.nodeIndexOf('10.0.0.4')!
    const orphans = before.filter((node) => node === dead).length
    const moved = after.filter((node, client) => node !== before[client])
    expect(orphans).toBeGreaterThan(1500)
    expect(moved.length).toBe(orphans)
    expect(before.every((node, client) => node === dead || node === after[client])).toBe(true)
    const [first, second, third] = [1, 2, 3].map((n) => {
      const index = group.table.nodeIndexOf(`10.0.0.${n}`)
      return moved.filter((node) => node === index).length / orphans
    }) as [number, number, number]
    for (const [part, due] of [
      [first, 0.5],
      [second, 0.25],
      [third, 0.25],
    ] as const)
      expect(Math.abs(part - due)).toBeLessThan(0.05)
  })

  it('that have connections stay when a node is added, which takes its share of those that come anew', () => {
    const group = new SimulatedClients(30_000)
    for (let second = 0; second < 60; second++) group.report([{}, {}, {}])
    for (let client = 0; client < CLIENTS; client += 2) group.connect(client)
    const held = Uint8Array.from(group.nodes)
    for (let second = 0; second < 60; second++) group.report(MEMBERS)
    const routes = group.routes()
    expect(held.every((node, client) => client % 2 === 1 || routes[client] === node)).toBe(true)
    group.connectAll()
    const added = group.connectionsOf('10.0.0.4')
    // A quarter of the idle half; more by as much as the others have a surplus.
    expect(added / (CLIENTS / 2)).toBeGreaterThan(0.22)
    expect(added / (CLIENTS / 2)).toBeLessThan(0.35)
  })
})

describe('a node that gets busy', () => {
  it('loses its new clients within four seconds, none that has a connection, and gets clients again when it has recovered', () => {
    const group = new SimulatedClients(30_000)
    for (let second = 0; second < 60; second++) group.report([{}, {}])
    for (let client = 0; client < CLIENTS; client += 2) group.connect(client)
    const held = Uint8Array.from(group.nodes)
    const busy = group.table.nodeIndexOf('10.0.0.2')!
    for (let second = 0; second < 4; second++) group.report([{}, { cpu: 0.95 }])
    const during = group.routes()
    expect(held.every((node, client) => client % 2 === 1 || during[client] === node)).toBe(true)
    expect(during.filter((node, client) => client % 2 === 1 && node === busy)).toHaveLength(0)
    for (let second = 0; second < 120; second++) group.report([{}, {}])
    const fresh = group.routes().filter((_, client) => client % 2 === 1)
    expect(fresh.filter((node) => node === busy).length / fresh.length).toBeGreaterThan(0.4)
  })
})

describe('two equal nodes under a constant load', () => {
  it.each([0.2, 0.65, 0.75, 0.8, 0.85])(
    'keep each its weight to within 5 % for 30 minutes, however figures waver, at a CPU of %d',
    (cpu) => {
      const random = new SeededRandom(7)
      const waver = (share: number) => 1 + share * ((2 * random.uint32()) / 2 ** 32 - 1)
      let balance = adoptBalance(new Map(), 0)
      const seen = new Map<string, number[]>([
        ['a', []],
        ['b', []],
      ])
      for (let second = 0; second < 2100; second++) {
        const members = [...seen.keys()].map((address) =>
          memberOf(address, { cpu: cpu * waver(0.05), activeConnections: Math.round(1000 * waver(0.05)) }),
        )
        balance = nextBalance(balance, members, { slowStartMs: 30_000 }, second * 1000)
        // The first five minutes are for settling.
        if (second >= 300) for (const [address, { weight }] of balance.nodes) seen.get(address)!.push(weight)
      }
      for (const weights of seen.values()) {
        expect(weights).toHaveLength(1800)
        expect(Math.max(...weights) / Math.min(...weights)).toBeLessThan(1.05)
      }
    },
  )
})
