import { expect, test } from 'vitest'
import { startFastPath } from '../../../actors/fast-path/actor.ts'
import type { FastPathControl, FastPathMessage, FastPathPeers } from '../../../actors/fast-path/messages.ts'
import { FakeNetlink } from '../../../runtime/ports/fake/netlink.ts'
import { FakeNft } from '../../../runtime/ports/fake/nft.ts'
import { FakeSocketTable } from '../../../runtime/ports/fake/socket-table.ts'
import type { ActorInstance } from '../../../runtime/system/actor.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { group, heard, OTHER, OWN, role, SETTINGS, VIP } from './stepped.ts'

const listing = (elem: unknown) => JSON.stringify({ nftables: [{ metainfo: {} }, { map: { elem } }] })

/** On a host with eth0; `foundPins`: a predecessor's tables are there. */
function started(foundPins?: unknown) {
  const context = new RecordedContext<FastPathPeers>()
  const { clock, sent } = context
  const netlink = new FakeNetlink(clock)
  netlink.addInterface('lo', '00:00:00:00:00:00', ['127.0.0.1/8'])
  netlink.addInterface('eth0', OWN, ['10.0.0.1/24'])
  const nft = new FakeNft()
  const outline = 'table netdev proxyha {}'
  nft.setTable('netdev', 'proxyha', outline)
  if (foundPins !== undefined) {
    nft.setMap('netdev', 'proxyha', 'macs', listing([[7, OTHER]]))
    nft.setMap('netdev', 'proxyha', 'pins4', listing(foundPins))
  }
  const sockets = new FakeSocketTable()
  const instance = startFastPath(context, SETTINGS, { nft, netlink, sockets }) as ActorInstance<FastPathMessage>
  const give = (...messages: readonly FastPathMessage[]) => {
    for (const message of messages) instance.receive(message, 'test')
  }
  return { clock, netlink, nft, sockets, sent, instance, give, control: instance.control as FastPathControl }
}

/** What nft answers at once is taken in turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('the tables, then the addresses on lo; at the end both go, addresses first', async () => {
  const { netlink, nft, give, instance } = started()
  give(role('scanning'), group())
  await settled()
  expect(nft.scripts).toHaveLength(1)
  expect(netlink.addressesOf('lo')).toContain(`${VIP}/32`)
  await instance.stop?.()
  expect(netlink.addressesOf('lo')).not.toContain(`${VIP}/32`)
  expect(nft.scripts.at(-1)).toContain('delete table netdev proxyha')
})

test('an address that was taken off lo is back within a second', async () => {
  const { netlink, clock, give } = started()
  give(role('scanning'), group())
  await settled()
  netlink.removeAddress({ interfaceIndex: 1, address: VIP, prefixLength: 32 })
  clock.advance(1000)
  await settled()
  expect(netlink.addressesOf('lo')).toContain(`${VIP}/32`)
})

test('clients that have connections here keep tables and addresses at the end, and all are told', async () => {
  const { netlink, nft, sockets, sent, give, instance } = started()
  give(role('scanning'), group())
  await settled()
  sockets.setClients(heard('10.0.9.1'))
  await instance.stop?.()
  expect(sent).toEqual([
    { to: 'discovery', message: { type: 'clients', all: true, generation: 3, clients: heard('10.0.9.1') } },
  ])
  expect(netlink.addressesOf('lo')).toContain(`${VIP}/32`)
  expect(nft.scripts).toHaveLength(1)
})

test('pins that are in the tables go on, by the number that the node has now', async () => {
  const { nft, give } = started([[{ elem: { val: '10.0.9.1', expires: 30 } }, 7]])
  await settled()
  give(role('director'), group())
  await settled()
  expect(nft.scripts[0]).toMatch(/10\.0\.9\.1 timeout 600s expires 30s : 2/)
})

test('clients that have to stay are written down apart from the pins, and again only where something of it is missing or has half its time left', async () => {
  const { nft, give } = started()
  give(role('director'), group())
  await settled()
  const stay: FastPathMessage = {
    type: 'clientsOf',
    address: '10.0.0.2',
    all: false,
    generation: 3,
    clients: heard('10.0.9.1', 'fd00::9'),
  }
  give(stay)
  await settled()
  const written = `flush map netdev proxyha staying4
flush map netdev proxyha staying6
add element netdev proxyha staying4 { 10.0.9.1 timeout 600s expires 600s : 2 }
add element netdev proxyha staying6 { fd00::9 timeout 600s expires 600s : 2 }
`
  expect(nft.scripts.at(-1)).toBe(written)
  const there = (expires: number) => {
    nft.setMap('netdev', 'proxyha', 'staying4', listing([[{ elem: { val: '10.0.9.1', expires } }, 2]]))
    nft.setMap('netdev', 'proxyha', 'staying6', listing([[{ elem: { val: 'fd00::9', expires: 600 } }, 2]]))
  }
  const scripts = nft.scripts.length
  there(301)
  give(stay)
  await settled()
  expect(nft.scripts).toHaveLength(scripts)
  there(300)
  give(stay)
  await settled()
  expect(nft.scripts.slice(scripts)).toEqual([written])
})

test('says where a client goes: by its pin, else by its slot; what was sent to each node; and when the pins are full', async () => {
  const { nft, give, control } = started()
  give(role('director'), group())
  await settled()
  nft.setMap('netdev', 'proxyha', 'pins4', listing([[{ elem: { val: '10.0.9.1', expires: 590 } }, 1]]))
  nft.setCount('netdev', 'proxyha', 'pins4', SETTINGS.tableSize)
  nft.setCount('netdev', 'proxyha', 'pins6', 0)
  nft.setCount('netdev', 'proxyha', 'unpinned', 7)
  nft.setMap('netdev', 'proxyha', 'macs', listing([[{ elem: { val: 2, counter: { packets: 5, bytes: 300 } } }, OTHER]]))
  expect(await control.which('10.0.9.1')).toMatchObject({ node: '10.0.0.1', reason: 'pin', idleS: 10 })
  expect(await control.which('10.0.9.2')).toMatchObject({ node: '10.0.0.2', reason: 'slot', idleS: null })
  await expect(control.which('nobody')).rejects.toThrow(RangeError)
  expect(await control.clients(10)).toEqual([expect.objectContaining({ client: '10.0.9.1', node: '10.0.0.1' })])
  expect(await control.describe()).toMatchObject({
    state: 'applied',
    nodes: [{ address: '10.0.0.2', packets: 5, bytes: 300 }],
    pins: [
      { family: 'IPv4', count: SETTINGS.tableSize, most: SETTINGS.tableSize },
      { family: 'IPv6', count: 0, most: SETTINGS.tableSize },
    ],
    unpinnedPackets: 7,
    warnings: [expect.stringContaining('clients of IPv4 are remembered, as many as clients.tableSize allows')],
  })
})
