import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, VIP } from './group.ts'

/** One node that was told to stay in workers mode, and two that choose for themselves. */
describeInNamespaces('a group of both modes', { programs: ['squid', 'curl', 'nft'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    const node = (priority: number, forwarding: string) =>
      `directorPriority: ${priority}\nvirtualIps: ['${VIP}']\nforwarding: ${forwarding}`
    group = new Group(namespaces, {
      priorities: [99, 89, 79],
      elections: [node(99, 'workers'), node(89, 'auto'), node(79, 'auto')],
      settings: '# forwarding: as each node has it',
    })
    await group.start()
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  const servedBy = async () => new Set((await group.nodesByClient(1)).flatMap((seen) => [...seen]))

  it('led in workers mode: all of them serve, and a warning names the difference', async () => {
    const status = (await group.nodes[0]!.status())!
    expect(status.forwarding).toBe('workers')
    expect(status.warnings).toContainEqual(expect.stringContaining('forwarding'))
    expect(await servedBy()).toEqual(new Set(['node0', 'node1', 'node2']))
  })

  it('led in kernel mode, which auto is: a node that does not take the frames gets no clients', async () => {
    const [first, second] = group.nodes
    expect(await first!.proxyha('failover', '-s', first!.socket)).toMatchObject({ code: 0 })
    const status = await group.settled(1, 2)
    expect(status.forwarding).toBe('kernel')
    expect(status.nodes.find(({ name }) => name === 'node0')).toMatchObject({ state: 'ok', slots: 0 })
    expect(await servedBy()).toEqual(new Set(['node1', 'node2']))
    expect(await second!.proxyha('failover', '-s', second!.socket)).toMatchObject({ code: 0 })
  })
})
