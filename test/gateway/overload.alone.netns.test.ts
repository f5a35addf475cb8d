import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { LimitedCpu } from '../cgroup.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until } from './group.ts'
import { LongConnections, startNamedServers } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 90_000
const CORES = 0.4

const box = LimitedCpu.of(CORES)

if (box === undefined) test.skip('a node that is busy (skipped: no cgroup limits the CPU here)', () => undefined)
else describeBusyNode(box)

/** A node in a container of its own, with something in it that takes all of its CPU. */
function describeBusyNode(limited: LimitedCpu): void {
  describeInNamespaces('a node that is busy', {}, (namespaces) => {
    let group: Group
    let held: LongConnections
    let director: GatewayNode
    let busy: GatewayNode

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], startedBy: [undefined, undefined, limited.words] })
      director = group.nodes[0]!
      busy = group.nodes[2]!
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      held = new LongConnections(group, ORIGINAL_PORT, CLIENTS.slice(0, 30))
      expect((await held.next()).nodes).toHaveProperty(busy.name)
    }, PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
      limited.close()
    })

    /** Clients without a connection that would be sent to the busy node. */
    async function newcomers(): Promise<number> {
      const answers = CLIENTS.slice(30).map((client) => director.get(`/which?client=${client}`))
      const nodes = (await Promise.all(answers)) as { readonly node: string | null }[]
      return nodes.filter(({ node }) => node === busy.address).length
    }

    it(
      'loses its new clients while it is, gets them back after, and no client with an open connection moves',
      async () => {
        const before = await newcomers()
        expect(before).toBeGreaterThan(0)
        const [command = '', ...words] = [...limited.words, 'sh', '-c', 'while :; do :; done']
        const burner = busy.namespace.start(command, words)
        await until(
          async () => (await newcomers()) <= before / 5,
          PATIENCE_MS,
          () => 'the busy node with a fifth of its new clients at most',
        )
        const nodes = (await director.status())?.nodes
        expect(nodes?.find(({ name }) => name === busy.name)).toMatchObject({ overloaded: true })
        expect((await held.check()).lost).toEqual([])
        await burner.stop()
        await until(
          async () => (await newcomers()) >= before / 2,
          PATIENCE_MS,
          () => 'the node with its new clients again',
        )
        expect((await held.check()).lost).toEqual([])
      },
      3 * PATIENCE_MS,
    )
  })
}
