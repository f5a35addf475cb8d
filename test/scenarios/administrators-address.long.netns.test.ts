import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { type GatewayNode, Group, VIP } from './group.ts'
import { LongConnections, startNamedServers } from './survival.ts'

/** A machine that is busy with other tests starts a gateway slowly. */
const PATIENCE_MS = 150_000

describeInNamespaces('what is not the gateway’s own', { programs: ['curl', 'nft'] }, (namespaces) => {
  let group: Group

  afterEach(async () => {
    await namespaces.close()
    group.close()
  })

  const addressesOf = (node: GatewayNode, device: string) => node.namespace.ip('-o', 'address', 'show', 'dev', device)

  it.each([
    ['workers', 'eth0', `${VIP}/16`],
    ['workers', 'lo', `${VIP}/32`],
    ['kernel', 'lo', `${VIP}/32`],
  ])('in %s mode a virtual IP that an administrator has put on %s stays at the stop', async (mode, device, address) => {
    group = new Group(namespaces, { priorities: [99], settings: `forwarding: ${mode}` })
    const node = group.nodes[0]!
    node.namespace.ip('address', 'add', address, 'dev', device)
    startNamedServers(group)
    node.startGateway()
    await group.settled(0, 1, PATIENCE_MS)
    const warnings = ((await node.status())?.warnings ?? []).join()
    if (mode === 'workers') expect(warnings).toMatch(/is on (eth0|lo) by somebody else's hand/)
    await node.stopGateway()
    expect(addressesOf(node, device)).toMatch(new RegExp(` ${address} .*`))
    expect(addressesOf(node, device)).toContain('valid_lft forever')
  })

  it('in kernel mode a virtual IP of a subnet in which no node has an address is served by all nodes', async () => {
    const virtualIp = '192.168.50.10/24'
    group = new Group(namespaces, { priorities: [99, 89], virtualIp, settings: 'forwarding: kernel' })
    const clients = Array.from({ length: 40 }, (_, index) => `192.168.50.${100 + index}`)
    for (const client of clients) group.client.ip('address', 'add', `${client}/24`, 'dev', 'eth0')
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    await group.settled(0, 2, PATIENCE_MS)
    const connections = new LongConnections(group, 8080, clients, '192.168.50.10')
    const { nodes, lost } = await connections.next()
    expect({ nodes: Object.keys(nodes).sort(), lost }).toEqual({ nodes: ['node0', 'node1'], lost: [] })
    await connections.stop()
  })
})
