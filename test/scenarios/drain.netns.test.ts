import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until } from './group.ts'
import { Downloads, LongConnections, spreadByKernel, startNamedServers } from './survival.ts'

const PROXYHA = fileURLToPath(new URL('../../bin/proxyha', import.meta.url))
const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000
const [FIRST, SECOND] = [CLIENTS.slice(0, 30), CLIENTS.slice(30)]
/** Open at the node that drains; the first half end while its director lives. */
const DOWNLOADS = 500

/** The node of lowest priority drains, with connections open; the steps build on each other. */
function describeDraining(forwarding: 'workers' | 'kernel', programs: readonly string[]): void {
  describeInNamespaces(`draining, forwarding: ${forwarding}`, { programs }, (namespaces) => {
    let group: Group
    let held: LongConnections
    let downloads: Downloads
    let [director, next, drained]: GatewayNode[] = []

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], settings: `forwarding: ${forwarding}` })
      ;[director, next, drained] = group.nodes
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      if (forwarding === 'kernel') await spreadByKernel(group)
      held = new LongConnections(group, ORIGINAL_PORT, FIRST)
      expect((await held.next()).nodes).toHaveProperty(drained!.name)
      const there = await clientsOf(drained!)
      downloads = new Downloads(
        group,
        ORIGINAL_PORT,
        Array.from({ length: DOWNLOADS }, (_, at) => there[at % there.length]!),
      )
      expect(await downloads.next()).toEqual({ nodes: { [drained!.name]: DOWNLOADS }, finished: 0, lost: [] })
    }, 2 * PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    /** Those of the first that stick to the node. One after the other: in kernel mode each question is a look into the kernel. */
    async function clientsOf(node: GatewayNode): Promise<readonly string[]> {
      const there: string[] = []
      for (const client of FIRST) {
        const route = (await director!.get(`/which?client=${client}`)) as { readonly node: string | null } | null
        if (route?.node === node.address) there.push(client)
      }
      return there
    }

    const order = (at: GatewayNode, ...words: readonly string[]): RunningProgram =>
      at.namespace.start(PROXYHA, [...words, '-s', at.socket])
    const isSeenBy = (at: GatewayNode, state: string) =>
      until(
        async () => (await at.status())?.nodes.find(({ name }) => name === drained!.name)?.state === state,
        PATIENCE_MS,
        `${at.name} to see ${drained!.name} ${state}`,
      )
    /** Until no more connections than that are left. */
    async function leftAtMost(waiting: RunningProgram, most: number): Promise<void> {
      for (;;) {
        const [, left] = /: (\d+) connections left$/.exec(await waiting.nextLine()) ?? []
        if (Number(left) <= most) return
      }
    }

    /** Where new clients are sent. */
    async function newcomers(): Promise<readonly string[]> {
      const connections = new LongConnections(group, ORIGINAL_PORT, SECOND)
      const { lost, nodes } = await connections.next()
      await connections.stop()
      expect(lost).toEqual([])
      return Object.keys(nodes).sort()
    }

    it(
      'sends new clients elsewhere, and says how many connections are left',
      async () => {
        const waiting = order(director!, 'drain', 'node2')
        expect(await waiting.nextLine()).toMatch(/^node2 \(10\.88\.0\.13\): \d+ connections left$/)
        expect(await newcomers()).toEqual(['node0', 'node1'])
        await held.allLive()
        expect(await downloads.finish(DOWNLOADS / 2)).toMatchObject({ finished: DOWNLOADS / 2, lost: [] })
        await leftAtMost(waiting, DOWNLOADS / 2 + 2 * FIRST.length)
        await waiting.stop('SIGINT')
      },
      PATIENCE_MS,
    )

    it(
      'goes on when the gateway of the node is started anew',
      async () => {
        await drained!.stopGateway('SIGKILL')
        drained!.startGateway()
        await until(
          async () => (await drained!.status())?.nodes.find(({ self }) => self)?.state === 'draining',
          PATIENCE_MS,
          'the new process to drain',
        )
        await isSeenBy(director!, 'draining')
        await held.allLive()
        expect((await downloads.check()).lost).toEqual([])
      },
      PATIENCE_MS,
    )

    it(
      'goes on when the director dies, and is told as over when the last connection has ended',
      async () => {
        // Through workers the node's connections are the director's, and would stay while nobody says that its host is dead.
        if (forwarding === 'kernel') director!.setCable(false)
        else await director!.stopGateway('SIGKILL')
        await group.settled(1, 1, PATIENCE_MS)
        await isSeenBy(next!, 'draining')
        expect(await newcomers()).toEqual(['node1'])
        const waiting = order(next!, 'drain', '10.88.0.13')
        // Through workers all connections were the dead director's.
        if (forwarding === 'kernel') {
          expect(await waiting.nextLine()).toMatch(/: \d+ connections left$/)
          expect((await held.check()).lost.filter(({ node }) => node === drained!.name)).toEqual([])
          expect(await downloads.finish(DOWNLOADS)).toMatchObject({ finished: DOWNLOADS, lost: [] })
        }
        await held.stop()
        let line = await waiting.nextLine()
        while (line.endsWith(' left')) line = await waiting.nextLine()
        expect(line).toBe('node2 (10.88.0.13) is drained')
      },
      PATIENCE_MS,
    )

    it(
      'ends by undrain: new clients come again',
      async () => {
        const { code, stdout } = await drained!.proxyha('undrain', 'node2', '-s', drained!.socket)
        expect([code, stdout]).toEqual([0, 'node2 (10.88.0.13) drains no more: it is ok\n'])
        await group.settled(1, 2, PATIENCE_MS)
      },
      PATIENCE_MS,
    )
  })
}

describeDraining('workers', [])
describeDraining('kernel', ['nft'])
