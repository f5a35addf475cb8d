import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { LimitedCpu } from '../cgroup.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, type Status, until } from './group.ts'
import { LongConnections, startNamedServers } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 90_000
const CORES = 0.3
/** Between two looks at the director: who asks it all the time makes it busy as well, and then nobody has room for others' clients. */
const LOOK_MS = 1000
/**
 * Words that go before a command: of tasks that wait for a CPU it sees nothing. Those of the busy node do, whose quota is used up, and to the
 * kernel of this one machine, which all nodes are on, all of it is under pressure.
 */
const UNPRESSED = [
  'sh',
  '-ec',
  'if [ -d /proc/pressure ]; then mount -t tmpfs tmpfs /proc/pressure; fi; exec "$@"',
  'sh',
]

const box = LimitedCpu.of(CORES)

if (box === undefined) test.skip('a node that is busy (skipped: no cgroup limits the CPU here)', () => undefined)
else {
  afterAll(() => box.close())
  describeBusyNode(box, 'workers')
  describeBusyNode(box, 'kernel')
}

/** A node in a container of its own, with something in it that takes all of its CPU. */
function describeBusyNode(limited: LimitedCpu, mode: 'workers' | 'kernel'): void {
  const programs = mode === 'kernel' ? ['nft'] : []
  describeInNamespaces(`a node that is busy, in ${mode} mode`, { programs }, (namespaces) => {
    let group: Group
    let held: LongConnections
    let director: GatewayNode
    let busy: GatewayNode

    beforeAll(async () => {
      group = new Group(namespaces, {
        priorities: [99, 89, 79],
        settings: `forwarding: ${mode}`,
        startedBy: [UNPRESSED, UNPRESSED, [...UNPRESSED, ...limited.words]],
      })
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
    })

    /** Clients without a connection that would be sent to the busy node. */
    async function newcomers(): Promise<number> {
      const answers = CLIENTS.slice(30).map((client) => director.get(`/which?client=${client}`))
      const nodes = (await Promise.all(answers)) as { readonly node: string | null }[]
      return nodes.filter(({ node }) => node === busy.address).length
    }

    /** Waits until it has as many slots as wanted. */
    async function slotsAt(busyHas: (slots: number) => boolean): Promise<void> {
      let nodes: Status['nodes'] = []
      await until(
        async () => {
          nodes = (await director.status())?.nodes ?? []
          const of = nodes.find(({ name }) => name === busy.name)
          return of !== undefined && busyHas(of.slots)
        },
        PATIENCE_MS,
        () => `the slots of ${busy.name}: ${JSON.stringify(nodes)}`,
        LOOK_MS,
      )
    }

    it(
      'loses its new clients while it is, gets them back after, and no client with an open connection moves',
      async () => {
        const before = await newcomers()
        expect(before).toBeGreaterThan(0)
        const slotsBefore = (await director.status())!.nodes.find(({ name }) => name === busy.name)!.slots
        const [command = '', ...words] = [...limited.words, 'sh', '-c', 'while :; do :; done']
        const burner = busy.namespace.start(command, words)
        await slotsAt((slots) => slots <= slotsBefore / 5)
        expect(await newcomers()).toBeLessThanOrEqual(before / 5)
        const nodes = (await director.status())?.nodes
        expect(nodes?.find(({ name }) => name === busy.name)).toMatchObject({ overloaded: true })
        await held.allLive()
        await burner.stop()
        await slotsAt((slots) => slots >= slotsBefore * 0.7)
        expect(await newcomers()).toBeGreaterThan(0)
        await held.allLive()
      },
      3 * PATIENCE_MS,
    )
  })
}
