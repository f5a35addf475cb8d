import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, until } from './group.ts'

const PATIENCE_MS = 30_000
const SECOND = ' }, { protocol: http, originalPorts: [8081], proxyPort: 3129'

/** Two proxies a node; the second one runs on the second node alone. */
describeInNamespaces(
  'a port that fails takes a node out for that port alone',
  { programs: ['squid', 'curl'] },
  (namespaces) => {
    let group: Group

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89], redirect: SECOND, settings: 'health: { perPort: true }' })
      await group.start()
    }, 90_000)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    const namesOf = (nodes: readonly ReadonlySet<string | undefined>[]) => new Set(nodes.flatMap((seen) => [...seen]))

    it('works nowhere: its clients are refused, those of the other port are served by all', async () => {
      expect(await group.fetch('10.88.1.1', undefined, 8081)).toBeUndefined()
      expect(namesOf(await group.nodesByClient(1))).toEqual(new Set(['node0', 'node1']))
    })

    it('works at one node: that one has the clients of it, whatever their slot, and no connection is tried elsewhere', async () => {
      const second = group.nodes[1]!
      await second.stopProxy()
      second.startProxy('3128\nhttp_port 3129')
      const problems = async () =>
        (await second.status())?.monitor.ports.filter(({ problem }) => problem !== null).length
      await until(async () => (await problems()) === 0, PATIENCE_MS, 'both proxies of node1')
      await until(
        async () => (await group.fetch('10.88.1.1', undefined, 8081)) === 'node1',
        PATIENCE_MS,
        'the director to hear of it',
      )
      const clients = Array.from({ length: 40 }, (_, index) => `10.88.1.${index + 1}`)
      const served = await Promise.all(clients.map((client) => group.fetch(client, undefined, 8081)))
      expect(new Set(served)).toEqual(new Set(['node1']))
      expect((await group.nodes[0]!.status())!.warnings).toContainEqual(
        expect.stringContaining('port 3129 is not listening: others serve that'),
      )
    })
  },
)
