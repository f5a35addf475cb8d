import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until, VIP } from './group.ts'
import { Downloads, LongConnections, spreadByKernel, startNamedServers } from './survival.ts'

const PROXYHA = fileURLToPath(new URL('../../bin/proxyha', import.meta.url))
const RETURNING = new URL('./fixtures/returning-clients.ts', import.meta.url)
const ORIGINAL_PORT = 8080
const PATIENCE_MS = 120_000
/** Each has an idle connection and a download open, and comes again every 50 ms. */
const BUSY = CLIENTS.slice(0, 10)
const EVERY_MS = 50
const DOWNLOADS = 20

/** What became of new connections. */
interface Returned {
  readonly nodes: Readonly<Record<string, number>>
  readonly failed: readonly string[]
}

/** Clients that never rest; the steps build on each other. */
function describeReturning(forwarding: 'workers' | 'kernel', programs: readonly string[]): void {
  describeInNamespaces(`draining under clients that never rest, ${forwarding}`, { programs }, (namespaces) => {
    let group: Group
    let returning: RunningProgram
    let held: LongConnections
    let [director, , drained]: GatewayNode[] = []

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], settings: `forwarding: ${forwarding}` })
      ;[director, , drained] = group.nodes
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      if (forwarding === 'kernel') await spreadByKernel(group)
      returning = group.client.startScript(RETURNING, VIP, `${ORIGINAL_PORT}`, `${EVERY_MS}`, ...BUSY)
      held = new LongConnections(group, ORIGINAL_PORT, BUSY)
      expect((await held.next()).nodes).toHaveProperty(drained!.name)
    }, PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    /** What becomes of so many new connections, begun from now on. */
    async function next(count: number): Promise<Returned> {
      returning.process.stdin?.write(`${count}\n`)
      return JSON.parse(await returning.nextLine()) as Returned
    }
    const order = (...words: readonly string[]) => director!.proxyha(...words, '-s', director!.socket)
    async function undrainAll(): Promise<void> {
      for (const { name } of group.nodes) expect((await order('undrain', name)).code).toBe(0)
      await group.settled(0, 3, PATIENCE_MS)
    }
    async function linesOf(node: GatewayNode): Promise<readonly string[]> {
      const events = (await node.get('/events?follow=0')) as readonly {
        readonly type: string
        readonly line?: string
      }[]
      return events.flatMap(({ line }) => line ?? [])
    }

    it(
      'new connections of all go elsewhere at once, none fails, and it is drained when the last old one has ended',
      async () => {
        const there = (await Promise.all(BUSY.map(async (client) => [client, await nodeOf(client)] as const)))
          .filter(([, node]) => node === drained!.address)
          .map(([client]) => client)
        const clients = Array.from({ length: DOWNLOADS }, (_, at) => there[at % there.length]!)
        const downloads = new Downloads(group, ORIGINAL_PORT, clients)
        expect((await downloads.next()).nodes).toEqual({ [drained!.name]: DOWNLOADS })
        const waiting = director!.namespace.start(PROXYHA, ['drain', 'node2', '-s', director!.socket])
        expect(await waiting.nextLine()).toMatch(/ connections left$/)
        const after = await next(400)
        expect(after.failed).toEqual([])
        expect(Object.keys(after.nodes).sort()).toEqual(['node0', 'node1'])
        await held.allLive()
        expect(await downloads.finish(DOWNLOADS)).toMatchObject({ finished: DOWNLOADS, lost: [] })
        await held.stop()
        let line = await waiting.nextLine()
        while (line.endsWith(' left')) line = await waiting.nextLine()
        expect(line).toBe('node2 (10.88.0.13) is drained')
        const later = await next(200)
        expect([later.failed, Object.keys(later.nodes).sort()]).toEqual([[], ['node0', 'node1']])
        const said = 'drained: node2 (10.88.0.13) has no connection left'
        for (const node of [director!, drained!]) expect(await linesOf(node)).toContain(said)
      },
      PATIENCE_MS,
    )

    const nodeOf = async (client: string) =>
      ((await director!.get(`/which?client=${client}`)) as { readonly node: string | null } | null)?.node

    it(
      'undrain brings it back',
      async () => {
        await undrainAll()
        const back = async () => (await next(100)).nodes[drained!.name] !== undefined
        await until(back, PATIENCE_MS, () => 'a client at the node that drained')
      },
      PATIENCE_MS,
    )

    it(
      'maint resets what is open after its timeout, at this node alone, and nothing that is new fails',
      async () => {
        held = new LongConnections(group, ORIGINAL_PORT, BUSY)
        const { nodes } = await held.next()
        const [outcome, meanwhile] = await Promise.all([order('maint', 'node2', '--timeout', '10s'), next(400)])
        expect(outcome).toMatchObject({ code: 0 })
        expect(outcome.stdout.trimEnd().split('\n').at(-1)).toBe(
          'node2 (10.88.0.13) is in maintenance: no connection is left',
        )
        expect(meanwhile.failed).toEqual([])
        const { lost } = await held.check()
        expect(new Set(lost.map(({ node, failure }) => `${node} ${failure}`))).toEqual(new Set(['node2 ECONNRESET']))
        expect(lost).toHaveLength(nodes[drained!.name]!)
        await undrainAll()
      },
      PATIENCE_MS,
    )

    it(
      'nodes that all drain go on: the order of the last one says so, exit 1, and nobody fails',
      async () => {
        expect(await order('drain', 'node1', '--timeout', '1s')).toMatchObject({ code: 1 })
        expect(await order('drain', 'node0', '--timeout', '1s')).toMatchObject({ code: 1 })
        const last = await order('drain', 'node2')
        expect([last.code, last.stderr]).toEqual([
          1,
          'node2 (10.88.0.13) goes on serving: no other node takes new connections; it drains as soon as one does\n',
        ])
        expect((await next(200)).failed).toEqual([])
        await undrainAll()
      },
      PATIENCE_MS,
    )
  })
}

describeReturning('kernel', ['nft'])
describeReturning('workers', [])
