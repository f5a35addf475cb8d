import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, VIP } from './group.ts'

/** 3128 -> 3128: the proxy owns 0.0.0.0:3128, and clients are pointed to the same port of the VIP. */
describeInNamespaces('a redirect that keeps its port', { programs: ['squid', 'curl', 'nft'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89], originalPort: 3128 })
    await group.start()
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('spreads the clients over all nodes', async () => {
    const served = await Promise.all(CLIENTS.map((client) => group.fetch(client)))
    expect(new Set(served)).toEqual(new Set(['node0', 'node1']))
  })

  it("reaches a node's own proxy at the node's own address", async () => {
    const proxy = `http://${group.nodes[1]!.address}:3128`
    const { stdout } = await group.client.run('curl', ['-s', '-m', '5', '-x', proxy, '-D', '-', 'http://10.88.0.99/'])
    expect(stdout).toMatch(/^Via: \S+ node1/m)
  })

  it("serves the director's own requests to the VIP", async () => {
    const curl = ['-s', '-m', '5', '-x', `http://${VIP}:3128`, 'http://10.88.0.99/']
    expect((await group.nodes[0]!.namespace.run('curl', curl)).stdout).toBe('hello')
  })

  it('works without connection tracking, in a table of its own that is gone after the stop', async () => {
    const [director] = group.nodes
    expect((await director!.namespace.run('nft', ['list', 'ruleset'])).stdout).toContain('table ip proxyha')
    await director!.stopGateway('SIGTERM')
    expect((await director!.namespace.run('nft', ['list', 'ruleset'])).stdout).toBe('')
  })
})
