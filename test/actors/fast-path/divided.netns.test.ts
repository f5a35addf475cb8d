import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { loadedStaying } from '../../../actors/fast-path/ruleset/forwarding-table.ts'
import { changeOf } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { KnownConnection, Ruleset } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces } from '../../namespaces.ts'
import { apply, KernelGroup, listed, VIP, VIP6 } from './kernel-group.ts'
import { slotsOf } from './rulesets.ts'

const clients = ['10.77.0.101', 'fd00:77::101'] as const
const PORTS = [{ originalPorts: [80], proxyPort: 9090 }]

/** What is told of a node that does not get new connections, and keeps what it has; and of one that is dead. */
const KEEPS = { takesNew: false, reachable: true }
const DEAD = { takesNew: false, reachable: false }

describeInNamespaces(
  'a client with connections at several nodes',
  { programs: ['nft', 'curl', 'tcpdump', 'ss'] },
  (namespaces) => {
    let group: KernelGroup
    let inForce: Ruleset

    beforeAll(async () => {
      group = new KernelGroup(namespaces)
      group.addClients(...clients)
      await group.startProxies(9090)
    })
    beforeEach(async () => {
      await group.endConnections()
      await begin({ slots: slotsOf(() => 2) })
    })
    afterAll(() => namespaces.close())

    const begin = async (changes: Partial<Ruleset>) => {
      const all = { redirects: PORTS, ...changes }
      await group.direct(group.gateways[0], all)
      inForce = group.rulesetOf(group.gateways[0], true, all)
    }
    const change = async (changes: Partial<Ruleset>) => {
      const wanted = { ...inForce, ...changes }
      const script = changeOf(inForce, wanted)
      if (script !== undefined) await apply(group.gateways[0].namespace, script)
      inForce = wanted
    }
    /** From now on that node is as told, and all slots are of another one. */
    const take = (mark: number, how: typeof KEEPS, owner: number) =>
      change({
        nodes: inForce.nodes.map((node) => (node.mark === mark ? { ...node, ...how } : node)),
        slots: slotsOf(() => owner),
      })
    const vipOf = (client: string) => (client.includes(':') ? VIP6 : VIP)
    const ask = (client: string) => {
      const vip = vipOf(client)
      return group.ask(`${vip.includes(':') ? `[${vip}]` : vip}/`, '--interface', client)
    }
    const open = async (client: string) => {
      const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
      const connection = group.client.startScript(script, vipOf(client), '80', client)
      expect(await connection.nextLine()).toBe('connected')
      return () => {
        connection.process.stdin?.write('\n')
        return connection.nextLine()
      }
    }
    const recorded = async (): Promise<readonly KnownConnection[]> =>
      (await listed(group.gateways[0].namespace)).connections
    const says = (node: number, client: string) => `node-${node} ${client} 9090`

    it.each(clients)(
      '%s: what is open stays where a node takes nobody new, new ones go elsewhere and stay there',
      async (client) => {
        const old = await open(client)
        expect(await old()).toBe(says(2, client))
        await take(2, KEEPS, 3)
        for (let round = 0; round < 3; round++) expect(await ask(client)).toBe(says(3, client))
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
        await take(2, { takesNew: true, reachable: true }, 2)
        expect(await ask(client), 'it is sticky to the node where it was').toBe(says(2, client))
        expect(await old()).toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
      },
    )

    it.each(clients)('%s: no connection breaks in a rolling restart, whoever is away', async (client) => {
      const connections: { readonly node: number; readonly ask: () => Promise<string> }[] = []
      const openAt = async (node: number) => {
        const again = await open(client)
        expect(await again()).toBe(says(node, client))
        connections.push({ node, ask: again })
      }
      const allGoOn = async () => {
        for (const { node, ask: again } of connections) expect(await again()).toBe(says(node, client))
      }
      await openAt(2)
      await take(2, KEEPS, 3)
      await openAt(3)
      await allGoOn()
      await take(2, { takesNew: true, reachable: true }, 2)
      // It is sticky: back at the node where it was.
      await openAt(2)
      await take(3, KEEPS, 2)
      await openAt(2)
      await allGoOn()
      await take(3, { takesNew: true, reachable: true }, 3)
      await take(2, KEEPS, 1)
      await openAt(1)
      await allGoOn()
    })

    it.each(clients)('%s: what is open at a node that is dead is reset at once, the rest goes on', async (client) => {
      const old = await open(client)
      expect(await old()).toBe(says(2, client))
      await take(2, KEEPS, 3)
      const young = await open(client)
      expect(await young()).toBe(says(3, client))
      await take(2, DEAD, 3)
      expect(await old()).toBe('lost: read ECONNRESET')
      expect(await young()).toBe(says(3, client))
      expect(await ask(client)).toBe(says(3, client))
    })

    it.each(clients)(
      '%s: while it is not known who has to stay, what begins is remembered one by one',
      async (client) => {
        const idle = await open(client)
        expect(await idle()).toBe(says(2, client))
        // A new director: no pins; the slot is of node 3 by now.
        await begin({ slots: slotsOf(() => 3), hearing: true })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        const { pinTimeoutS } = inForce
        await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 2 }], pinTimeoutS }))
        await change({ hearing: false })
        expect(await idle()).toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
        expect(await ask(client), 'it is sticky to the node that has named it').toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s: a director that gives way sends SYNs where the next one does, which knows no pins',
      async (client) => {
        const old = await open(client)
        expect(await old()).toBe(says(2, client))
        await change({ slots: slotsOf(() => 3) })
        expect(await ask(client)).toBe(says(2, client))
        await change({ givingWay: true })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
        // Nodes have said by now that it has connections there.
        const { pinTimeoutS } = inForce
        await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 2 }], pinTimeoutS }))
        expect(await ask(client)).toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
      },
    )

    it.each(clients)(
      '%s: a director that gives way sends SYNs where a node says that the client is, which is not where it is pinned',
      async (client) => {
        const old = await open(client)
        expect(await old()).toBe(says(2, client))
        const { pinTimeoutS } = inForce
        // As a node that was away does, of all clients that it had before.
        await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 3 }], pinTimeoutS }))
        await change({ givingWay: true })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
        await change({ nodes: inForce.nodes.map((node) => (node.mark === 3 ? { ...node, ...KEEPS } : node)) })
        expect(await ask(client), 'that node takes nobody new: by the slot').toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
      },
    )

    /** It began while slots moved, and has been silent since. */
    const beginMeanwhile = async (client: string) => {
      await begin({ slots: slotsOf(() => 3), former: slotsOf(() => 2) })
      const young = await open(client)
      await change({ former: new Uint8Array(4096) })
      return young
    }

    it.each(clients)(
      '%s: a director that gives way keeps what begins elsewhere, also of who began while slots moved',
      async (client) => {
        const young = await beginMeanwhile(client)
        await change({ slots: slotsOf(() => 1), givingWay: true })
        const next = await open(client)
        expect(await next()).toBe(says(1, client))
        expect(await young()).toBe(says(3, client))
        expect(await next()).toBe(says(1, client))
      },
    )

    it.each(clients)(
      '%s, tied to a node after it began while slots moved: both connections stay where they are',
      async (client) => {
        const young = await beginMeanwhile(client)
        await change({ tied: [{ client, mark: 1 }] })
        const next = await open(client)
        expect(await next()).toBe(says(1, client))
        expect(await young()).toBe(says(3, client))
        expect(await next()).toBe(says(1, client))
      },
    )

    it.each(clients)('%s: connections of another director’s time go where their node says', async (client) => {
      const old = await open(client)
      expect(await old()).toBe(says(2, client))
      await take(2, KEEPS, 3)
      const young = await open(client)
      expect(await young()).toBe(says(3, client))
      const connections = await recorded()
      expect(connections.find(({ mark }) => mark === 3)).toBeDefined()
      await begin({ slots: slotsOf(() => 1) })
      const { pinTimeoutS } = inForce
      await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 2 }], connections, pinTimeoutS }))
      expect(await young()).toBe(says(3, client))
      expect(await old()).toBe(says(2, client))
    })

    it.each(clients)(
      '%s: while a slot moves an idle client of whom nothing is known keeps what it has',
      async (client) => {
        const idle = await open(client)
        expect(await idle()).toBe(says(2, client))
        await begin({ slots: slotsOf(() => 3), former: slotsOf(() => 2) })
        const young = await open(client)
        // The node where it is, if a last segment of the old connection has come first; else the slot's.
        const where = await young()
        expect([says(2, client), says(3, client)]).toContain(where)
        expect(await idle()).toBe(says(2, client))
        await change({ former: new Uint8Array(4096) })
        expect(await young()).toBe(where)
        expect(await idle()).toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s: what it began while slots moved stays, though its node has said nothing of it since, and takes nobody new',
      async (client) => {
        await begin({ slots: slotsOf(() => 3), former: slotsOf(() => 2) })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        const nodes = inForce.nodes.map((node) => ({ ...node, takesNew: node.takesNew && node.mark !== 3 }))
        await change({ former: new Uint8Array(4096), slots: slotsOf(() => 2), nodes })
        const next = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await next()).toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s: of what it began while slots moved nothing is left to follow, once it has settled where others are',
      async (client) => {
        await begin({ slots: slotsOf(() => 3), former: slotsOf(() => 2) })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        await change({ former: new Uint8Array(4096), slots: slotsOf(() => 2) })
        const next = await open(client)
        for (const connection of [young, next, young]) expect(await connection()).toBe(says(3, client))
        const { pins } = await listed(group.gateways[0].namespace)
        expect(pins).toMatchObject([{ client, mark: 3 }])
        expect(pins[0]!.divided, 'it is pinned as anybody').toBeUndefined()
      },
    )

    it.each(clients)('%s: where nobody takes anybody, it is refused at once; what is open goes on', async (client) => {
      const old = await open(client)
      expect(await old()).toBe(says(2, client))
      await change({ nodes: inForce.nodes.map((node) => ({ ...node, takesNew: false })), refusing: true })
      expect(await ask(client), 'connection refused').toBe('curl ended with 7')
      expect(await old()).toBe(says(2, client))
    })

    /** By an operator: slots are of node 2, the client goes to node 3. */
    const tie = (client: string) => change({ tied: [{ client, mark: 3 }] })

    it.each(clients)(
      '%s, tied to a node: its new connections go there, what is open stays; taken back, they go as before',
      async (client) => {
        const old = await open(client)
        expect(await old()).toBe(says(2, client))
        await tie(client)
        for (let round = 0; round < 3; round++) expect(await ask(client)).toBe(says(3, client))
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
        await change({ tied: [] })
        expect(await ask(client)).toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
        expect(await old()).toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s, tied to a node: also one that was never seen before; nobody else goes there',
      async (client) => {
        await tie(client)
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        expect(await ask(client)).toBe(says(3, client))
        expect(await young()).toBe(says(3, client))
        await tie('10.77.0.250')
        expect(await ask(client), 'it is not tied any more').toBe(says(3, client))
        await begin({ slots: slotsOf(() => 2), tied: [{ client: '10.77.0.250', mark: 3 }] })
        expect(await ask(client)).toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s, tied to a node: goes as any other while its node takes nobody new, and there again then',
      async (client) => {
        await tie(client)
        const there = await open(client)
        expect(await there()).toBe(says(3, client))
        await take(3, KEEPS, 2)
        const elsewhere = await open(client)
        expect(await elsewhere()).toBe(says(2, client))
        expect(await there()).toBe(says(3, client))
        await take(3, { takesNew: true, reachable: true }, 2)
        expect(await ask(client)).toBe(says(3, client))
        expect(await elsewhere()).toBe(says(2, client))
      },
    )

    it.each(clients)(
      '%s, tied to a node: a new director, which hears first who has to stay, breaks nothing of it',
      async (client) => {
        const old = await open(client)
        expect(await old()).toBe(says(2, client))
        await begin({ slots: slotsOf(() => 2), hearing: true, tied: [{ client, mark: 3 }] })
        const young = await open(client)
        expect(await young()).toBe(says(3, client))
        const { pinTimeoutS } = inForce
        await apply(group.gateways[0].namespace, loadedStaying({ pins: [{ client, mark: 2 }], pinTimeoutS }))
        await change({ hearing: false })
        expect(await old()).toBe(says(2, client))
        expect(await young()).toBe(says(3, client))
        expect(await ask(client)).toBe(says(3, client))
      },
    )
  },
)
