import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, PROXYHA, until } from './group.ts'
import { LongConnections, startNamedServers } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000

/** The steps build on each other. */
function describeAssigning(forwarding: 'workers' | 'kernel', programs: readonly string[]): void {
  describeInNamespaces(`a client that is assigned to a node, forwarding: ${forwarding}`, { programs }, (namespaces) => {
    let group: Group
    let director: GatewayNode
    let next: GatewayNode
    let chosen: GatewayNode
    let client: string

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], settings: `forwarding: ${forwarding}` })
      ;[director, next, chosen] = group.nodes as [GatewayNode, GatewayNode, GatewayNode]
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      client = await someoneElsewhere()
    }, 2 * PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    const routeOf = async (at: GatewayNode, address: string) =>
      (await at.get(`/which?client=${address}`)) as { readonly node: string; readonly reason: string } | null

    /** A client that goes to another node by itself. */
    async function someoneElsewhere(): Promise<string> {
      for (const address of CLIENTS) {
        if ((await routeOf(director, address))?.node !== chosen.address) return address
      }
      throw new Error('all clients go to one node')
    }

    const order = (at: GatewayNode, ...words: readonly string[]) => at.proxyha(...words, '-s', at.socket)
    const isRouted = (at: GatewayNode, node: GatewayNode, reason: string) =>
      until(
        async () => {
          const route = await routeOf(at, client)
          return route?.node === node.address && route.reason === reason
        },
        PATIENCE_MS,
        `${client} to go to ${node.name} (${reason})`,
      )
    /** Where the client's next connection comes to. */
    async function arrival(): Promise<readonly string[]> {
      const connections = new LongConnections(group, ORIGINAL_PORT, [client])
      const { nodes, lost } = await connections.next()
      await connections.stop()
      expect(lost).toEqual([])
      return Object.keys(nodes)
    }

    it(
      'goes there from its next connection on; what it has open stays where it is',
      async () => {
        const open = new LongConnections(group, ORIGINAL_PORT, [client])
        const { nodes } = await open.allOpen()
        expect(Object.keys(nodes)).not.toContain(chosen.name)
        const { code, stdout } = await order(director, 'assign', client, chosen.name)
        expect([code, stdout]).toEqual([0, `${client} is assigned to ${chosen.name} (${chosen.address})\n`])
        await isRouted(director, chosen, 'tied')
        expect(await arrival()).toEqual([chosen.name])
        expect((await open.allLive()).nodes).toEqual(nodes)
        await open.stop()
        expect((await order(director, 'which', client)).stdout).toContain('assigned to it by order')
        expect((await order(next, 'assign')).stdout).toContain(client)
      },
      PATIENCE_MS,
    )

    it('is the director’s to decide, and of a node that is known', async () => {
      const elsewhere = await order(next, 'assign', client, next.name)
      expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining(`at node0 (${director.address})`)])
      const unknown = await order(director, 'assign', client, 'pluto')
      expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no node pluto is known here')])
      const nobody = await order(director, 'unassign', '10.88.1.250')
      expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('is not assigned to any node')])
    })

    it(
      'goes elsewhere while its node drains, and there again then',
      async () => {
        const draining = director.namespace.start(PROXYHA, ['drain', chosen.name, '-s', director.socket])
        await until(
          async () => (await routeOf(director, client))?.reason !== 'tied',
          PATIENCE_MS,
          `${client} to go elsewhere`,
        )
        expect(await arrival()).not.toContain(chosen.name)
        await draining.stop('SIGINT')
        await order(director, 'undrain', chosen.name)
        await isRouted(director, chosen, 'tied')
        expect(await arrival()).toEqual([chosen.name])
      },
      PATIENCE_MS,
    )

    it(
      'goes there after the director’s death as well, until the next one takes it back',
      async () => {
        await director.stopGateway('SIGKILL')
        director.setCable(false)
        await group.settled(1, 2, PATIENCE_MS)
        await isRouted(next, chosen, 'tied')
        expect(await arrival()).toEqual([chosen.name])
        const { code, stdout } = await order(next, 'unassign', client)
        expect([code, stdout]).toEqual([0, `${client} goes as any other\n`])
        expect((await order(next, 'assign')).stdout).toBe('no client is assigned to a node\n')
        expect((await routeOf(next, client))?.reason).toMatch(/pin|slot/)
      },
      2 * PATIENCE_MS,
    )
  })
}

describeAssigning('workers', [])
describeAssigning('kernel', ['nft'])
