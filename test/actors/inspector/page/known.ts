/** What a page may know, for tests of its views. */
import type { Access, Entry, Knowledge, Node, Status } from '../../../../actors/inspector/page/knowledge.js'
import { NOTHING_KNOWN } from '../../../../actors/inspector/page/knowledge.js'
import { nodeOf as observedNode } from '../doctor/observed.ts'

export const NOW_MS = Date.parse('2026-03-01T03:00:00Z')

export const nodeOf = (name: string, change: Partial<Node> = {}): Node =>
  observedNode(`10.0.0.${{ jupiter: 1, saturn: 2, uranus: 3 }[name] ?? 9}`, {
    name,
    weight: 200,
    slots: 1365,
    activeConnections: 10,
    totalConnections: 100,
    cpu: 0.25,
    memory: 0.5,
    lastSeenMs: 40,
    source: 'beacon',
    ageMs: 40,
    ...change,
  })

export const JUPITER = nodeOf('jupiter', { self: true, director: true })
export const NODES: readonly Node[] = [JUPITER, nodeOf('saturn'), nodeOf('uranus')]

export const statusOf = (change: Partial<Status> = {}): Status =>
  ({
    node: 'jupiter',
    role: 'director',
    forwarding: 'workers',
    instances: [],
    virtualIps: [{ address: '10.0.0.5', held: true }],
    monitor: { state: 'ok', ports: [{ port: 3128, listening: true, problem: null }] },
    nodes: NODES,
    warnings: [],
    verdict: { level: 'ok', text: 'ok: jupiter leads, 3 of 3 nodes serve', since: '2026-03-01T02:00:00Z' },
    ...change,
  }) as unknown as Status

export const known = (change: Partial<Knowledge> = {}): Knowledge => ({
  ...NOTHING_KNOWN,
  nowMs: NOW_MS,
  status: statusOf(),
  statusAtMs: NOW_MS - 500,
  ...change,
})

export const OPERATOR: Access = {
  role: 'operator',
  by: 'operator token 1 from 10.0.0.9',
  orders: ['/failover', '/announce', '/drain', '/undrain', '/maint', '/forget'],
  ordersAre: null,
  version: '1.0.0',
}

let entries = 0

export const entryOf = (kind: Entry['kind'], name: string, agoS: number, change: Partial<Entry> = {}): Entry => ({
  id: entries++,
  at: new Date(NOW_MS - agoS * 1000).toISOString(),
  node: name,
  address: nodeOf(name).address,
  kind,
  words: `${name} came to ${kind}`,
  level: 'info',
  by: null,
  ...change,
})
