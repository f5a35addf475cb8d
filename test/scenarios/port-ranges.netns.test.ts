import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group } from './group.ts'
import { answersEach, answersTo, reload, withoutWarnings } from './reload/reloads.ts'
import { LongConnections, spreadByKernel, startNamedServers } from './survival.ts'

const SERVER = new URL('../../loadtest/group/server.ts', import.meta.url)
const PATIENCE_MS = 60_000
/** As of a proxy of FTP: where it listens for data connections. */
const DATA_PORTS = [50_000, 50_050, 50_100]
const ALL = ['node0', 'node1', 'node2']

/** Passive FTP through the virtual IP: what a client is told by its control connection, and where its data connections then have to come. */
describeInNamespaces('a range of ports in kernel mode', { programs: ['nft'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79], settings: 'forwarding: kernel' })
    startNamedServers(group)
    for (const node of group.nodes) {
      for (const port of DATA_PORTS) node.namespace.startScript(SERVER, node.name, `${port}`)
      node.startGateway()
    }
    await group.settled(0, 3, PATIENCE_MS)
    await spreadByKernel(group)
  }, 2 * PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it(
    'is added while it runs',
    async () => {
      for (const node of group.nodes.toReversed())
        await reload(node, /proxyPort: 3128 \}\]/, 'proxyPort: 3128 }, { originalPorts: [50000-50100] }]')
      await withoutWarnings(group)
    },
    PATIENCE_MS,
  )

  it(
    'each data connection comes to the node of its client’s control connection',
    async () => {
      const clients = CLIENTS.slice(0, 20)
      const control = await answersEach(group, clients, 8080)
      for (const port of DATA_PORTS) expect(await answersEach(group, clients, port), `port ${port}`).toEqual(control)
      expect([...new Set(control)].toSorted()).toEqual(ALL)
    },
    PATIENCE_MS,
  )

  it('ports beside it are the director’s own', async () => {
    expect(await answersTo(group, CLIENTS.slice(0, 10), 50_101)).toEqual(['ECONNREFUSED'])
  })

  it(
    'what is open by it outlives its director, and ends when the range is removed',
    async () => {
      const clients = CLIENTS.slice(20, 50)
      const open = new LongConnections(group, DATA_PORTS[1]!, clients)
      const { nodes } = await open.allOpen()
      await group.nodes[0]!.proxyha('failover', '-s', group.nodes[0]!.socket)
      await group.settled(1, 3)
      await open.allLive()
      for (const node of [group.nodes[1]!, group.nodes[0]!, group.nodes[2]!])
        await reload(node, ', { originalPorts: [50000-50100] }', '')
      const { lost } = await open.check()
      expect(Object.keys(nodes).toSorted()).toEqual(ALL)
      expect([lost.length, [...new Set(lost.map(({ failure }) => failure))]]).toEqual([
        2 * clients.length,
        ['ECONNRESET'],
      ])
      await open.stop()
    },
    2 * PATIENCE_MS,
  )
})
