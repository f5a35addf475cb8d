import { describe, expect, it } from 'vitest'
import { type Balancer, type BalancerKind, type Known, NONE } from '../../../loadtest/simulate/balancer.ts'
import { leastConnections, persistentWlc } from '../../../loadtest/simulate/references/least-connections.ts'
import { MAGLEV_ENTRIES, maglev, maglevTable } from '../../../loadtest/simulate/references/maglev.ts'
import { modulo } from '../../../loadtest/simulate/references/modulo.ts'
import { rendezvous, rendezvousNode } from '../../../loadtest/simulate/references/rendezvous.ts'
import { knownOf, reportsOf, tenThousand } from './worlds.ts'

const clients = [...tenThousand.hash.keys()]
const routesOf = (balancer: Balancer) => clients.map((client) => balancer.route(client, 0))
const countsOf = (owners: Iterable<number>, nodes: number): number[] => {
  const counts = new Array<number>(nodes).fill(0)
  for (const owner of owners) counts[owner] = (counts[owner] ?? 0) + 1
  return counts
}
const differing = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one, (_, at) => at).filter((at) => one[at] !== other[at])

/** A balancer whose nodes are all up. */
const started = (kind: BalancerKind, known: Known): Balancer => {
  const balancer = kind(known)
  balancer.observe(0, reportsOf(...known.nodes.map(() => true)))
  return balancer
}

/** A client connects, as the world would have it. */
const connect = (known: ReturnType<typeof knownOf>, balancer: Balancer, client: number, nowS: number) => {
  const node = balancer.route(client, nowS)
  known.latestNode[client] = node
  known.connectedAtS[client] = nowS
  known.open[client]!++
  known.connections[node]!++
  return node
}

describe.each([
  ['hash mod n', modulo],
  ['Maglev', maglev],
  ['rendezvous', rendezvous],
] as const)('%s', (name, kind) => {
  it('gives each node clients in proportion to its capacity', () => {
    const balancer = started(kind, knownOf(200, 100, 100))
    const [big, ...small] = countsOf(routesOf(balancer), 3)
    expect(balancer.name).toBe(name)
    expect(Math.abs(big! - 5000)).toBeLessThan(200)
    for (const count of small) expect(Math.abs(count - 2500)).toBeLessThan(200)
  })

  it('gives a dead node nobody, and has no node for anybody when all are dead', () => {
    const balancer = started(kind, knownOf(100, 100, 100))
    balancer.observe(1, reportsOf(true, false, true))
    expect(countsOf(routesOf(balancer), 3)[1]).toBe(0)
    balancer.observe(2, reportsOf(false, false, false))
    expect(new Set(routesOf(balancer))).toEqual(new Set([NONE]))
  })
})

describe('hash mod n', () => {
  it('moves nearly everybody when a node dies: all but one in n of those whose node lives', () => {
    const balancer = started(modulo, knownOf(100, 100, 100, 100))
    const before = routesOf(balancer)
    balancer.observe(1, reportsOf(true, true, true, false))
    const moved = differing(before, routesOf(balancer)).filter((client) => before[client] !== 3)
    expect(moved.length / before.filter((node) => node !== 3).length).toBeCloseTo(2 / 3, 1)
  })
})

describe("Maglev's table", () => {
  it('is full, and shared within 1 % of the weights (§5.3 of the paper)', () => {
    const equal = countsOf(maglevTable(new Array<number>(10).fill(1)), 10)
    expect(equal.reduce((sum, count) => sum + count)).toBe(MAGLEV_ENTRIES)
    expect(Math.max(...equal) - Math.min(...equal)).toBeLessThanOrEqual(1)
    const [big, small] = countsOf(maglevTable([300, 100]), 2)
    expect(big! / small!).toBeCloseTo(3, 1)
  })

  it('changes a few per cent of the entries of the others when one of ten nodes dies, which is more than none', () => {
    const before = maglevTable(new Array<number>(10).fill(1))
    const after = maglevTable([0, ...new Array<number>(9).fill(1)])
    const ofLiving = differing(before, after).filter((entry) => before[entry] !== 0)
    expect(ofLiving.length).toBeGreaterThan(0)
    expect(ofLiving.length / MAGLEV_ENTRIES).toBeLessThan(0.05)
  })
})

describe('rendezvous', () => {
  it("moves a dead node's clients and nobody else, and gets exactly those back when it returns", () => {
    const weights = [100, 200, 100, 50]
    const winners = clients.map((client) => rendezvousNode(tenThousand.hash[client]!, weights))
    const without = clients.map((client) => rendezvousNode(tenThousand.hash[client]!, [100, 0, 100, 50]))
    expect(differing(winners, without)).toEqual(clients.filter((client) => winners[client] === 1))
  })

  it('is the same whether winners are kept or drawn anew, also after a change', () => {
    const balancer = started(rendezvous, knownOf(100, 100, 100))
    routesOf(balancer)
    balancer.observe(1, reportsOf(false, true, true))
    const drawn = clients.map((client) => rendezvousNode(tenThousand.hash[client]!, [0, 100, 100]))
    expect(routesOf(balancer)).toEqual(drawn)
  })
})

describe.each([
  ['leastconn + stick table', leastConnections, 1800],
  ['IPVS wlc + persistence', persistentWlc, 300],
] as const)('%s', (_name, kind, stickS) => {
  it('gives a new client to whoever has the fewest connections for its capacity', () => {
    const known = knownOf(200, 100, 100)
    const balancer = started(kind, known)
    for (const client of clients.slice(0, 400)) connect(known, balancer, client, 0)
    expect([...known.connections]).toEqual([200, 100, 100])
    known.connections.set([200, 100, 90])
    expect(balancer.route(500, 0)).toBe(2)
  })

  it('keeps a client at its node until it has not connected for the time of the table, and then chooses anew', () => {
    const known = knownOf(100, 100)
    const balancer = started(kind, known)
    const node = connect(known, balancer, 1, 0)
    known.open[1] = 0
    known.connections[node] = 50
    expect(balancer.route(1, stickS - 1)).toBe(node)
    expect(balancer.route(1, stickS)).toBe(1 - node)
  })

  it('chooses anew for the clients of a dead node, and has none when all are dead', () => {
    const known = knownOf(100, 100)
    const balancer = started(kind, known)
    const node = connect(known, balancer, 1, 0)
    balancer.observe(1, reportsOf(node !== 0, node !== 1))
    expect(balancer.route(1, 1)).toBe(1 - node)
    balancer.observe(2, reportsOf(false, false))
    expect(balancer.route(1, 2)).toBe(NONE)
  })
})

describe('IPVS wlc + persistence', () => {
  it('keeps a client as long as it has a connection, however long that is', () => {
    const known = knownOf(100, 100)
    const balancer = started(persistentWlc, known)
    const node = connect(known, balancer, 1, 0)
    known.connections[node] = 50
    expect(balancer.route(1, 100_000)).toBe(node)
  })
})
