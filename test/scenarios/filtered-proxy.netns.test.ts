import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until } from './group.ts'

const PATIENCE_MS = 60_000

describeInNamespaces(
  'a node whose beacons arrive and whose proxy port is filtered',
  { programs: ['curl', 'squid', 'nft'] },
  (namespaces) => {
    let group: Group | undefined
    afterEach(async () => {
      await namespaces.close()
      group?.close()
    })

    const nft = async (node: GatewayNode, script: string) => {
      const { code, stderr } = await node.namespace.run('nft', [script])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    }

    it.each(['kernel', 'workers'])(
      '%s mode: gets no new clients and is a warning, until it answers again',
      {
        timeout: 240_000,
      },
      async (mode) => {
        group = new Group(namespaces, { priorities: [200, 150, 100], settings: `forwarding: ${mode}` })
        await group.start()
        const [director, filtered] = group.nodes
        const slotsOf = async () =>
          (await director!.status())?.nodes.find(({ name }) => name === filtered!.name)?.slots ?? -1
        expect(await slotsOf()).toBeGreaterThan(0)

        await nft(
          filtered!,
          'table inet firewall { chain in { type filter hook input priority 0; tcp dport { 3128, 8080 } drop; }; }',
        )
        await group.withoutSlots(filtered!, PATIENCE_MS)
        const status = await director!.status()
        expect(status?.warnings).toContainEqual(
          expect.stringMatching(
            /^node1 \(10\.88\.0\.12\): its proxy port 3128 does not answer this node \(no answer within/,
          ),
        )
        const elsewhere = await Promise.all(CLIENTS.slice(0, 30).map((client) => group!.fetch(client)))
        for (const node of elsewhere) expect(node).toMatch(/^node[02]$/)

        await nft(filtered!, 'delete table inet firewall')
        await until(async () => (await slotsOf()) > 0, PATIENCE_MS, 'slots for the node that answers again')
        expect((await director!.status())?.warnings).toEqual([])
        // Those of before stay where they were.
        const served = await Promise.all(CLIENTS.slice(30).map((client) => group!.fetch(client)))
        expect(new Set(served)).toEqual(new Set(['node0', 'node1', 'node2']))
      },
    )
  },
)
