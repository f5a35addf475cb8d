import { describe, expect, test } from 'vitest'
import type { ClientRoute } from '../../../../actors/dispatcher/messages.ts'
import { TRAFFIC_RULES } from '../../../../actors/inspector/doctor/traffic-findings.ts'
import { Bench, OTHER, OWN, VIP, v2 } from '../../elector/bench.ts'
import { nodeOf, observedOf, statusOf } from './observed.ts'

const director = statusOf(new Bench(v2).promoted())
const find = (observed: ReturnType<typeof observedOf>) => TRAFFIC_RULES.flatMap((rule) => rule(observed))

const clientOf = (client: string, activeConnections: number | null): ClientRoute => ({
  client,
  slot: 1,
  node: OTHER,
  reason: 'pin',
  sinceMs: 0,
  activeConnections,
  idleS: 1,
})

describe('no traffic', () => {
  const idle = [nodeOf(OWN, { self: true, director: true }), nodeOf(OTHER)]

  test('is a note on the director, with what clients should be pointed to', () => {
    expect(find(observedOf({ ...director, nodes: idle }))).toMatchObject([
      { code: 'no-traffic', level: 'note', evidence: [`none since it started, to ${VIP} port 8080`] },
    ])
  })

  test('is no news where there was some, nor on a node that is not the director', () => {
    expect(find(observedOf(director))).toEqual([])
    const scanning = statusOf(new Bench(v2).started().hear({ priority: 150 }))
    expect(find(observedOf({ ...scanning, nodes: idle }))).toEqual([])
  })

  test('in kernel mode packets tell, as no node counts connections', () => {
    const observed = observedOf({ ...director, forwarding: 'kernel', nodes: idle })
    expect(find(observed)).toMatchObject([{ code: 'no-traffic' }])
    const { diagnostics } = observed
    expect(find({ ...observed, diagnostics: { ...diagnostics, counters: { 'fast-path.packets': 1 } } })).toEqual([])
  })
})

describe('one client has most of the connections', () => {
  test('it is named, with its share and the node that they all go to', () => {
    const clients = [clientOf('10.1.0.1', 4), clientOf('10.1.0.9', 30), clientOf('10.1.0.2', 6)]
    expect(find(observedOf(director, { clients }))).toMatchObject([
      {
        code: 'dominant-client',
        level: 'warning',
        text: 'one client, 10.1.0.9, has most of the connections',
        evidence: ['it has 30 of 40 connections, 75 %, of 3 clients that are known; all go to node-86'],
      },
    ])
  })

  describe('in kernel mode the nodes say who has them', () => {
    const nodes = [
      nodeOf(OWN, { self: true, director: true, totalConnections: 90, activeConnections: 12 }),
      nodeOf(OTHER, { activeConnections: 28 }),
    ]
    const kernel = { ...director, forwarding: 'kernel', nodes } as const
    const observed = observedOf(kernel, { clients: [clientOf('10.1.0.9', null)] })
    const heldBy = (...holders: readonly { client: string; node: string; connections: number }[]) => {
      const diagnostics = { ...observed.diagnostics, holders, counters: { 'fast-path.packets': 1 } }
      return find({ ...observed, diagnostics })
    }

    test('one that has most, at whichever nodes', () => {
      const holders = [
        { client: '10.1.0.9', node: OTHER, connections: 25 },
        { client: '10.1.0.9', node: OWN, connections: 5 },
        { client: '10.1.0.1', node: OWN, connections: 4 },
      ]
      expect(heldBy(...holders)).toMatchObject([
        {
          code: 'dominant-client',
          text: 'one client, 10.1.0.9, has most of the connections',
          evidence: [`it has 30 of 40 connections, 75 %, as the nodes say; all go to node-86 and ${nodeOf(OWN).name}`],
        },
      ])
    })

    test('none that has less than half, and none while no node has said anything', () => {
      expect(heldBy({ client: '10.1.0.9', node: OTHER, connections: 19 })).toEqual([])
      expect(heldBy()).toEqual([])
    })
  })

  test.each([
    ['below half of them', [clientOf('10.1.0.1', 15), clientOf('10.1.0.2', 16), clientOf('10.1.0.3', 10)]],
    ['of a few connections only', [clientOf('10.1.0.1', 19)]],
  ])('nothing is said %s', (_, clients) => {
    expect(find(observedOf(director, { clients }))).toEqual([])
  })

  test('nothing is said where there is no second node that they could go to', () => {
    const nodes = [nodeOf(OWN, { self: true, director: true, totalConnections: 30 }), nodeOf(OTHER, { state: 'stale' })]
    expect(find(observedOf({ ...director, nodes }, { clients: [clientOf('10.1.0.1', 30)] }))).toEqual([])
  })
})
