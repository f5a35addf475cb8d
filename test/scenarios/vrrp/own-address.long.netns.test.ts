import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, until, VIP } from '../group.ts'
import { knownAsDead, LongConnections, startNamedServers } from '../survival.ts'

const NEW = '10.88.0.21'
/** A machine that is busy with other tests starts a gateway slowly. */
const PATIENCE_MS = 150_000

describeInNamespaces('an address of the node’s own that goes', { programs: ['curl', 'tcpdump'] }, (namespaces) => {
  let group: Group

  afterEach(async () => {
    await namespaces.close()
    group.close()
  })

  async function started(settings: string): Promise<GatewayNode> {
    group = new Group(namespaces, { priorities: [99, 89], settings })
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    await group.settled(0, 2, PATIENCE_MS)
    return group.nodes[0]!
  }

  /** Adverts and beacons that the origin hears from an address, until it is asked. */
  function heardFrom(address: string): { count(): number } {
    const capture = group.origin.start('tcpdump', [
      '-lnni',
      'eth0',
      '-Q',
      'in',
      `src ${address} and (ip proto 112 or ip proto 253)`,
    ])
    let count = 0
    capture.process.stdout?.on('data', (text: Buffer) => {
      count += `${text}`.split('\n').length - 1
    })
    return { count: () => count }
  }

  /** In workers mode all that were the director's, each told; in kernel mode those at its own proxy, of which who waits hears nothing. */
  async function expectEnds(connections: LongConnections, mode: string): Promise<void> {
    if (mode === 'kernel') await knownAsDead(group.nodes[0]!, group.nodes[1]!)
    const { nodes, lost } = await connections.check()
    await connections.stop()
    const ends = mode === 'kernel' ? ['idle ECONNRESET', 'download silent'] : ['idle ECONNRESET', 'download ECONNRESET']
    expect(new Set(lost.map(({ kind, failure }) => `${kind} ${failure}`))).toEqual(new Set(ends))
    expect(lost.length).toBe(mode === 'kernel' ? nodes.node0 : nodes.node0! + nodes.node1!)
    if (mode === 'kernel') expect(lost.filter(({ node }) => node !== 'node0')).toEqual([])
  }

  const vrrpOf = async (node: GatewayNode) => (await node.status())?.vrrp
  const warningsOf = async (node: GatewayNode) => ((await node.status())?.warnings ?? []).join()

  it.each(['workers', 'kernel'])(
    'in %s mode, flushed: FAULT with its reason, the other node leads, nothing leaves from it, what was open through it ends; back when it is back, and a failover does not take it along',
    { timeout: 90_000 },
    async (mode) => {
      const first = await started(`forwarding: ${mode}`)
      const second = group.nodes[1]!
      const connections = new LongConnections(group, 8080)
      await connections.allOpen()
      first.namespace.ip('address', 'flush', 'dev', 'eth0')
      await until(async () => (await vrrpOf(first))?.state === 'FAULT', 10_000, 'FAULT')
      const heard = heardFrom(first.address)
      expect(await warningsOf(first)).toMatch(/managementIp 10\.88\.0\.11 is not an address of eth0 any more/)
      await group.settled(1, 1)
      expect(first.holdsVip()).toBe(false)
      expect(heard.count()).toBe(0)
      await expectEnds(connections, mode)
      first.namespace.ip('address', 'add', `${first.address}/16`, 'dev', 'eth0')
      await group.settled(0, 2)
      expect(await warningsOf(first)).not.toMatch(/managementIp/)
      await first.proxyha('failover', '-s', first.socket)
      await until(
        () => second.holdsVip() && !first.holdsVip(),
        20_000,
        () => `${group.holders()}`,
      )
      expect(first.namespace.ip('-o', 'address', 'show', 'dev', 'eth0')).toContain(` ${first.address}/16 `)
    },
  )

  it('is another one: named in the configuration, it is refused by its name', async () => {
    const first = await started('')
    await first.namespace.run('sysctl', ['-w', 'net.ipv4.conf.eth0.promote_secondaries=1'])
    first.namespace.ip('address', 'add', `${NEW}/16`, 'dev', 'eth0')
    first.namespace.ip('address', 'del', `${first.address}/16`, 'dev', 'eth0')
    await until(async () => (await vrrpOf(first))?.state === 'FAULT', 10_000, 'FAULT')
    expect(await warningsOf(first)).toMatch(
      /managementIp 10\.88\.0\.11 is not an address of eth0 any more; it has 10\.88\.0\.21/,
    )
    expect(first.namespace.ip('-o', 'address', 'show', 'dev', 'eth0')).not.toContain(VIP)
  })

  it.each(['workers', 'kernel'])(
    'in %s mode, is another one where the configuration names none: the node goes by that, as director',
    async (mode) => {
      group = new Group(namespaces, {
        priorities: [99, 89],
        settings: `forwarding: ${mode}`,
        areAddressesUnnamed: true,
      })
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 2, PATIENCE_MS)
      const [first, second] = group.nodes as [GatewayNode, GatewayNode]
      const connections = new LongConnections(group, 8080)
      await connections.allOpen()
      const { transitions } = (await vrrpOf(first))!
      // Otherwise the kernel takes the second one along with the first.
      await first.namespace.run('sysctl', ['-w', 'net.ipv4.conf.eth0.promote_secondaries=1'])
      first.namespace.ip('address', 'add', `${NEW}/16`, 'dev', 'eth0')
      first.namespace.ip('address', 'del', `${first.address}/16`, 'dev', 'eth0')
      await until(async () => (await vrrpOf(second))?.masterIp === NEW, 20_000, 'adverts from the new address')
      const old = heardFrom(first.address)
      await until(
        async () => {
          const nodes = (await second.status())?.nodes ?? []
          return nodes.some(({ address, director }) => address === NEW && director) && nodes.length === 2
        },
        20_000,
        'one node at the new address',
      )
      await group.settled(0, 2)
      expect(await vrrpOf(first)).toMatchObject({ state: 'MASTER', transitions })
      expect((await first.status())?.nodes.map(({ address }) => address)).toEqual([second.address, NEW])
      if (mode === 'kernel') await connections.allLive()
      else {
        // Those to the nodes were the former address's, and end with it.
        const { nodes, lost } = await connections.check()
        expect(lost.filter(({ failure }) => failure !== 'ECONNRESET')).toEqual([])
        expect(lost).toHaveLength(nodes.node0! + nodes.node1!)
      }
      await connections.stop()
      const again = new LongConnections(group, 8080)
      const { nodes, lost } = await again.next()
      expect({ nodes: Object.keys(nodes).sort(), lost }).toEqual({ nodes: ['node0', 'node1'], lost: [] })
      await again.stop()
      expect(old.count()).toBe(0)
    },
  )

  it('a unicast backup without its address never becomes master beside the one that is there', async () => {
    group = new Group(namespaces, {
      priorities: [99, 89],
      elections: ['10.88.0.12', '10.88.0.11'].map(
        (peer, index) =>
          `directorPriority: ${99 - 10 * index}\nvirtualIps: ['${VIP}/16']\nvrrp: { unicastPeers: [${peer}] }`,
      ),
    })
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    await group.settled(0, 2, PATIENCE_MS)
    const second = group.nodes[1]!
    const before = (await vrrpOf(second))!.transitions
    second.namespace.ip('address', 'flush', 'dev', 'eth0')
    await until(async () => (await vrrpOf(second))?.state === 'FAULT', 10_000, 'FAULT')
    // Longer than it would wait for a master that it does not hear.
    const end = performance.now() + 5000
    await until(() => performance.now() > end, 10_000, 'five seconds')
    expect(await vrrpOf(second)).toMatchObject({ state: 'FAULT', transitions: before })
    second.namespace.ip('address', 'add', `${second.address}/16`, 'dev', 'eth0')
    await group.settled(0, 2)
    expect(await vrrpOf(second)).toMatchObject({ state: 'BACKUP', transitions: before })
  })
})
