import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, until, VIP } from './group.ts'

/** Three gateways beside real squids, priorities 99, 89 and 79. The steps build on each other. */
describeInNamespaces('a group of three gateways', { programs: ['squid', 'curl'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79] })
    await group.start()
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('has one director, the node of the highest priority, and only it holds the VIP', async () => {
    expect(group.holders()).toEqual(['node0'])
    const status = (await group.nodes[0]!.status())!
    expect(status).toMatchObject({ node: 'node0', role: 'director', forwarding: 'workers' })
    expect(status.vrrp).toMatchObject({ state: 'MASTER', masterIp: '10.88.0.11' })
    expect(status.virtualIps).toEqual([{ address: VIP, held: true }])
    expect(status.monitor).toMatchObject({ state: 'ok', ports: [{ port: 3128, listening: true, problem: null }] })
    expect(status.warnings).toEqual([])
  })

  it('lists all nodes on the director, and the director and itself on a scanning node', async () => {
    const rows = async (index: number) =>
      (await group.nodes[index]!.status())!.nodes.map(({ name, self, director, state }) => ({
        name,
        self,
        director,
        state,
      }))
    expect(await rows(0)).toEqual([
      { name: 'node0', self: true, director: true, state: 'ok' },
      { name: 'node1', self: false, director: false, state: 'ok' },
      { name: 'node2', self: false, director: false, state: 'ok' },
    ])
    expect(await rows(1)).toEqual([
      { name: 'node0', self: false, director: true, state: 'ok' },
      { name: 'node1', self: true, director: false, state: 'ok' },
    ])
  })

  it('serves 300 requests from 60 clients, each client at one node, every node used', async () => {
    await group.atRest(0, 3)
    const nodes = await group.nodesByClient(5)
    const moved = nodes.filter((seen) => seen.size !== 1 || seen.has(undefined))
    expect(moved, await group.timelineOf(0)).toEqual([])
    expect(new Set(nodes.flatMap((seen) => [...seen]))).toEqual(new Set(['node0', 'node1', 'node2']))
  })

  it('says where a client goes, as it then goes', async () => {
    const client = CLIENTS[7]!
    const served = await group.fetch(client)
    const { code, stdout } = await group.nodes[0]!.proxyha('which', client, '--json', '-s', group.nodes[0]!.socket)
    expect(code).toBe(0)
    const address = group.nodes.find((node) => node.name === served)!.address
    expect(JSON.parse(stdout)).toMatchObject({ client, node: address, reason: 'slot' })
  })

  it('gives a node whose proxy stopped no client, within 3 s, and names the port', async () => {
    const [director, , failing] = group.nodes
    await failing!.stopProxy()
    await until(
      async () => (await director!.status())!.nodes.find((node) => node.name === 'node2')?.state === 'failure',
      3000,
      'node2 in failure',
    )
    const served = await Promise.all(CLIENTS.map((client) => group.fetch(client)))
    expect(new Set(served)).toEqual(new Set(['node0', 'node1']))
    const check = await failing!.proxyha('check', '-v', '-c', failing!.configFile)
    expect(check.code).toBe(1)
    expect(check.stdout + check.stderr).toMatch(/3128.*not listening/)
  })

  it('names a proxy that is bound to one address', async () => {
    const [, , failing] = group.nodes
    failing!.startProxy(`${failing!.address}:3128`)
    let said = ''
    await until(
      async () => {
        const check = await failing!.proxyha('check', '-v', '-c', failing!.configFile)
        said = check.stdout + check.stderr
        return check.code === 1 && said.includes(failing!.address)
      },
      10_000,
      () => `the bound address named; said: ${said}`,
    )
    expect(said).toMatch(/0\.0\.0\.0/)
    await failing!.stopProxy()
  })

  it('lets the node take part again when its proxy is back', async () => {
    group.nodes[2]!.startProxy()
    await group.settled(0, 3)
    const served = await Promise.all(CLIENTS.map((client) => group.fetch(client)))
    expect(new Set(served)).toEqual(new Set(['node0', 'node1', 'node2']))
  })

  it('hands over in order when the director is stopped, and takes back when it returns', async () => {
    await group.nodes[0]!.stopGateway('SIGTERM')
    expect(group.nodes[0]!.holdsVip()).toBe(false)
    await group.settled(1, 2)
    expect(group.holders()).toEqual(['node1'])
    expect(await group.fetch(CLIENTS[0]!)).toMatch(/node[12]/)
    group.nodes[0]!.startGateway()
    await group.settled(0, 3)
    // The former director gives the VIP up when it hears the advert, a moment after the new one took it.
    await group.heldBy('node0', 1000)
  })
})
