import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { allClients } from './all-clients.ts'
import { seededRandom, stressClientOf } from './stress.ts'

interface ThreadReport {
  /** Connections held per client, of those that were counted in the table. */
  readonly held: ReadonlyMap<number, number>
  readonly open: number
  readonly turns: number
  readonly tracked: number
}

const FORWARDERS = 4
const NODES = 4
/** Five threads that never rest, on as many cores as there are. */
const PATIENCE_MS = 120_000
/** Three clients for each entry of the table: buckets overflow, entries are evicted and refused all the time. */
const CLIENTS = 3 * 2 * SLOT_COUNT

const threads: Worker[] = []
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()))
})

function createTable(): ConnectionTable {
  const table = ConnectionTable.create({ clients: 4096, forwarders: FORWARDERS, connectionsPerForwarder: 1024 })
  for (let node = 0; node < NODES; node++)
    table.setNode(node, { address: `10.0.0.${node + 1}`, state: 'ok', weight: 100 })
  table.setSlots(
    Uint8Array.from({ length: SLOT_COUNT }, (_, slot) => slot % NODES),
    1,
  )
  return table
}

async function startThread(table: ConnectionTable, forwarder: number, seed: number): Promise<Worker> {
  const workerData = { buffer: table.buffer, forwarder, clients: CLIENTS, nodes: NODES, seed }
  const thread = new Worker(new URL('./stress-thread.ts', import.meta.url), { workerData })
  threads.push(thread)
  await once(thread, 'message')
  return thread
}

/** What the dispatcher does meanwhile: slots, node states, ageing, and reading all of it. Returns the torn keys it saw. */
function disturb(table: ConnectionTable, random: () => number, nowS: number): string[] {
  const shift = random() % NODES
  table.setSlots(
    Uint8Array.from({ length: SLOT_COUNT }, (_, slot) => (slot + shift) % NODES),
    nowS,
  )
  const state = (['ok', 'draining', 'failure'] as const)[random() % 3]!
  table.setNode(1 + (random() % (NODES - 1)), { address: `10.0.0.${2 + (random() % (NODES - 1))}`, state, weight: 100 })
  table.sweep(1_000_000, random() % 2)
  return table
    .clients(0, 0, CLIENTS)
    .clients.flatMap((client) => (stressClientOf(parseClientKey(client)!) === undefined ? [client] : []))
}

const ask = async <Answer>(thread: Worker, question: string): Promise<Answer> => {
  const answer = once(thread, 'message')
  thread.postMessage(question)
  return (await answer)[0] as Answer
}

/** Every client that a thread holds is there once, with as many connections as all threads hold; nobody else has any. */
function expectExact(table: ConnectionTable, reports: readonly ThreadReport[]): void {
  const held = new Map<number, number>()
  for (const report of reports)
    for (const [client, count] of report.held) held.set(client, (held.get(client) ?? 0) + count)
  const entries = allClients(table).map((entry) => [stressClientOf(parseClientKey(entry.client)!), entry] as const)
  expect(entries.filter(([client]) => client === undefined)).toEqual([])
  expect(new Set(entries.map(([client]) => client)).size).toBe(entries.length)
  const active = new Map(entries.map(([client, entry]) => [client!, entry.activeConnections]))
  const wrong = [...held].filter(([client, count]) => active.get(client) !== count)
  expect(wrong).toEqual([])
  expect([...active].filter(([client, count]) => count !== (held.get(client) ?? 0))).toEqual([])
  const atNodes = Array.from({ length: NODES }, (_, node) => table.activeConnections(node)).reduce((sum, n) => sum + n)
  expect(atNodes).toBe(reports.reduce((sum, report) => sum + report.open, 0))
}

describe('four forwarders and a dispatcher on one table', () => {
  const seed = (Date.now() & 0x7fff_ffff) | 1

  it(
    `lose no entry, tear none, and count to 0; also when one is killed and reaped (seed ${seed})`,
    async () => {
      const table = createTable()
      const random = seededRandom(seed)
      const running: Worker[] = []
      for (let forwarder = 0; forwarder < FORWARDERS; forwarder++)
        running.push(await startThread(table, forwarder, seed + forwarder * 7919))
      const torn: string[] = []
      const disturbFor = (rounds: number) => {
        for (let round = 0; round < rounds; round++) torn.push(...disturb(table, random, round))
      }
      for (let kill = 0; kill < 3; kill++) {
        disturbFor(6)
        await running[0]!.terminate()
        table.reapForwarder(0)
        running[0] = await startThread(table, 0, seed + kill)
      }
      disturbFor(6)
      const reports: ThreadReport[] = []
      for (const thread of running) reports.push(await ask<ThreadReport>(thread, 'stop'))
      expect(torn).toEqual([])
      expect(Math.min(...reports.map((report) => report.tracked))).toBeGreaterThan(1000)
      expectExact(table, reports)

      await running[1]!.terminate()
      table.reapForwarder(1)
      expectExact(table, reports.toSpliced(1, 1))
      for (const index of [0, 2, 3]) expect(await ask(running[index]!, 'close')).toBe('closed')
      expectExact(table, [])
      table.sweep(1_000_000, 0)
      expect(allClients(table)).toEqual([])
    },
    PATIENCE_MS,
  )
})
