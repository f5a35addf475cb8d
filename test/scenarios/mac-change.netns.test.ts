import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, until, VIP } from './group.ts'
import { LongConnections, listing, startNamedServers } from './survival.ts'

const PORT = 8080
/** A machine that is busy with other tests starts a gateway slowly. */
const PATIENCE_MS = 150_000

describe.each(['kernel', 'workers'])('MACs that change while the group runs in %s mode', (mode) => {
  describeInNamespaces(mode, { programs: ['curl', 'nft'] }, (namespaces) => {
    let group: Group

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89], settings: `forwarding: ${mode}` })
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 2, PATIENCE_MS)
    }, 2 * PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    it.each([
      ['a scanning node', 1, '02:00:00:0a:0b:01'],
      ['the director', 0, '02:00:00:0a:0b:02'],
    ])('of %s: no connection ends, and every node sends by the new one', async (_, index, mac) => {
      const connections = new LongConnections(group, PORT)
      await connections.allOpen()
      const node = group.nodes[index]!
      const before = node.mac()
      node.namespace.ip('link', 'set', 'eth0', 'address', mac)
      const others = group.nodes.filter((other) => other !== node)
      for (const other of others) {
        await until(
          async () =>
            ((await other.status())?.nodes ?? []).every(
              ({ address, mac: said }) => address !== node.address || said === mac,
            ),
          10_000,
          `${other.name} with the new MAC`,
        )
        if (mode !== 'kernel') continue
        await until(
          async () => (await listing(other, 'set', 'members')).includes(mac),
          10_000,
          `members of ${other.name}`,
        )
        // What left by the one before is the node's as well.
        expect(await listing(other, 'set', 'members')).toContain(before)
      }
      if (mode === 'kernel') expect(await listing(group.nodes[0]!, 'map', 'macs')).toContain(mac)
      // The neighbours' entries follow as well, by what the node says itself.
      await until(
        () => group.client.ip('neigh', 'show', VIP).includes(group.nodes[0]!.mac()),
        10_000,
        () => `the client's entry of the VIP: ${group.client.ip('neigh', 'show', VIP)}`,
      )
      await connections.allLive()
      await connections.stop()
      const again = new LongConnections(group, PORT)
      const { nodes, lost } = await again.next()
      expect(lost).toEqual([])
      expect(Object.keys(nodes).sort()).toEqual(['node0', 'node1'])
      await again.stop()
    })

    it('the node itself says its address anew: a neighbour that has the old MAC learns it', async () => {
      const [, node] = group.nodes
      await group.origin.run('curl', ['-s', '-m', '5', '-o', '/dev/null', `http://${node!.address}:3128/`])
      expect(group.origin.ip('neigh', 'show', node!.address)).toContain(node!.mac())
      const mac = '02:00:00:0a:0b:03'
      node!.namespace.ip('link', 'set', 'eth0', 'address', mac)
      await until(
        () => group.origin.ip('neigh', 'show', node!.address).includes(mac),
        5000,
        () => `the new MAC at the origin: ${group.origin.ip('neigh', 'show', node!.address)}`,
      )
    })
  })
})
