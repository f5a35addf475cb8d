import { describe, expect, test } from 'vitest'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import { TRAFFIC_RULES } from '../../../runtime/cli/traffic-findings.ts'
import { Bench, OTHER, OWN, VIP, v2 } from '../../actors/elector/bench.ts'
import { healthyHost } from './captured-cli.ts'
import { nodeOf, observedOf, statusOf } from './observed.ts'

const director = statusOf(new Bench(v2).promoted())
const find = (observed: ReturnType<typeof observedOf>) => TRAFFIC_RULES.flatMap((rule) => rule(observed))

const clientOf = (client: string, activeConnections: number): ClientRoute => ({
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
      { code: 'no-traffic', severity: 'note', evidence: [`none since it started, to ${VIP} port 8080`] },
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
        severity: 'problem',
        what: 'one client, 10.1.0.9, has most of the connections',
        evidence: ['it has 30 of 40 connections, 75 %, of 3 clients that are known; all go to node-86'],
      },
    ])
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

describe('connections past the redirects', () => {
  const connectedTo = (connected: { toVirtualIps: readonly string[]; toManagementIp: readonly string[] }) =>
    observedOf(director, { host: healthyHost({ connected }) })

  test("the proxy's own port at a virtual IP is a problem: the director alone serves it", () => {
    const [finding] = find(connectedTo({ toVirtualIps: ['10.1.0.7'], toManagementIp: [] }))
    expect(finding).toMatchObject({
      code: 'past-redirects',
      severity: 'problem',
      evidence: ['connected now: 10.1.0.7'],
      advice: 'point them to a virtual IP, port 8080',
    })
  })

  test("this node's own address is how one node is tested: a note; the group's own connections are none", () => {
    const clients = ['1', '2', '3', '4', '5', '6', '7'].map((last) => `10.1.0.${last}`)
    expect(find(connectedTo({ toVirtualIps: [], toManagementIp: [OWN, OTHER, VIP, ...clients] }))).toMatchObject([
      {
        code: 'direct-clients',
        severity: 'note',
        evidence: ['connected now: 10.1.0.1, 10.1.0.2, 10.1.0.3, 10.1.0.4, 10.1.0.5, and 2 more'],
      },
    ])
  })

  test('in kernel mode each connection is one to the proxy port: nothing can be told', () => {
    const { host } = connectedTo({ toVirtualIps: ['10.1.0.7'], toManagementIp: ['10.1.0.7'] })
    expect(find(observedOf({ ...director, forwarding: 'kernel' }, { host })).map(({ code }) => code)).toEqual([
      'no-traffic',
    ])
  })
})
