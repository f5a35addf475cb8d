import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, KeptConnection, until, VIP } from './group.ts'
import { readMetrics } from './metrics.ts'

/** Three gateways in kernel mode beside real squids, priorities 99, 89 and 79. The steps build on each other. */
describeInNamespaces('a group in kernel mode', { programs: ['squid', 'curl', 'nft', 'arping'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79], settings: 'forwarding: kernel' })
    await group.start()
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('has one director, and every node has the VIP on lo', async () => {
    expect(group.holders()).toEqual(['node0'])
    const status = (await group.nodes[0]!.status())!
    expect(status).toMatchObject({ node: 'node0', role: 'director', forwarding: 'kernel', warnings: [] })
    for (const node of group.nodes) {
      expect(node.namespace.ip('-o', 'address', 'show', 'dev', 'lo')).toContain(` ${VIP}/32 `)
    }
  })

  it('serves 300 requests from 60 clients, each client at one node, every node used', async () => {
    await group.atRest(0, 3)
    const nodes = await group.nodesByClient(5)
    const moved = nodes.filter((seen) => seen.size !== 1 || seen.has(undefined))
    expect(moved, await group.timelineOf(0)).toEqual([])
    expect(new Set(nodes.flatMap((seen) => [...seen]))).toEqual(new Set(['node0', 'node1', 'node2']))
  })

  it('restores its tables when somebody flushes them all, and leaves those of others alone; who was silent meanwhile goes on', async () => {
    const kept = await Promise.all(CLIENTS.slice(20, 28).map((client) => KeptConnection.open(group, client)))
    const proxies = await Promise.all(kept.map(async (connection) => (await connection.ask()).proxy))
    for (const { namespace, name } of [group.nodes[1]!, group.nodes[0]!]) {
      await namespace.run('nft', ['flush', 'ruleset'])
      await namespace.run('nft', ['add', 'table', 'ip', 'foreign'])
      await until(
        async () => (await namespace.run('nft', ['list', 'map', 'netdev', 'proxyha', 'macs'])).stdout.includes(':'),
        20_000,
        `the table of ${name}`,
      )
      expect((await namespace.run('nft', ['list', 'tables'])).stdout).toContain('table ip foreign')
      const answers = await Promise.all(kept.map((connection) => connection.ask()))
      expect(answers).toEqual(proxies.map((proxy) => ({ status: 200, proxy })))
    }
    await Promise.all(kept.map((connection) => connection.stop()))
  })

  it('says where a client goes, as it then goes, and what was sent to each node', async () => {
    const client = CLIENTS[7]!
    const served = await group.fetch(client)
    const [director] = group.nodes
    const { stdout } = await director!.proxyha('which', client, '--json', '-s', director!.socket)
    const address = group.nodes.find((node) => node.name === served)!.address
    expect(JSON.parse(stdout)).toMatchObject({ client, node: address, reason: 'pin' })
    const clients = (await director!.get('/clients')) as { client: string }[]
    expect(clients).toContainEqual(expect.objectContaining({ client, node: address }))
    // The kernel is asked for its counts every two seconds.
    const isCounted = async () =>
      (await readMetrics(director!.socket))('proxyha_kernel_packets_total', 'address')[address]! > 0
    await until(isCounted, 20_000, `packets to ${address} counted`)
  })

  it('a crash of the fast path costs nothing: its tables stay, and it takes them over', async () => {
    const [director] = group.nodes
    const served = await group.fetch(CLIENTS[3]!)
    await director!.get('/test/crash?actor=fast-path')
    expect(await group.fetch(CLIENTS[3]!)).toBe(served)
    const restarted = async () => {
      const actors = (await director!.get('/actors')) as { name: string; restarts: number; state: string }[]
      return actors.some(({ name, restarts, state }) => name === 'fast-path' && restarts === 1 && state === 'running')
    }
    await until(restarted, 10_000, () => 'fast-path restarted')
    expect(await group.fetch(CLIENTS[3]!)).toBe(served)
  })

  it('a gateway that is stopped leaves nothing of its own where no connection lives by it, and nothing of others is touched', async () => {
    const [, , stopped] = group.nodes
    await stopped!.namespace.run('nft', ['add', 'table', 'ip', 'foreign'])
    const noClients = async () =>
      (await stopped!.namespace.run('ss', ['-Htn', 'state', 'established'])).stdout.trim() === ''
    await until(noClients, 20_000, () => 'the end of all connections of node2')
    await stopped!.stopGateway('SIGTERM')
    expect((await stopped!.namespace.run('nft', ['list', 'ruleset'])).stdout).toBe('table ip foreign {\n}\n')
    expect(stopped!.namespace.ip('-o', 'address', 'show', 'dev', 'lo')).not.toContain(VIP)
    stopped!.startGateway()
    await group.settled(0, 3)
  })

  it('a director that was killed answers ARP no more, although the VIP is on its lo and its table stays', async () => {
    const [killed] = group.nodes
    await killed!.stopGateway('SIGKILL')
    await group.settled(1, 2)
    expect(killed!.namespace.ip('-o', 'address', 'show', 'dev', 'lo')).toContain(` ${VIP}/32 `)
    const { stdout } = await group.client.run('arping', ['-c', '3', '-w', '3', '-I', 'eth0', VIP])
    const macs = new Set(stdout.match(/(?:[\da-f]{2}:){5}[\da-f]{2}/gi)?.map((mac) => mac.toLowerCase()))
    expect([...macs]).toEqual([group.nodes[1]!.mac()])
  })
})
