import { expect, test } from 'vitest'
import type { ClientsPart } from '../../../actors/dispatcher/messages.ts'
import { startFastPath } from '../../../actors/fast-path/actor.ts'
import type { FastPathControl, FastPathMessage } from '../../../actors/fast-path/messages.ts'
import type { FastPathPeers } from '../../../actors/fast-path/state.ts'
import type { ActorInstance } from '../../../runtime/actor-system/actor.ts'
import type { NftElement } from '../../../runtime/ports/nft/nft.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { FakeNft } from '../../fakes/nft.ts'
import { FakeSocketTable } from '../../fakes/socket-table.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { pinElement, placeElement } from './elements.ts'
import { group, heard, OTHER, OWN, role, SETTINGS, VIP } from './stepped.ts'

/** On a host with eth0; `foundPins`: a predecessor's tables are there. */
function started(foundPins?: readonly NftElement[]) {
  const context = new RecordedContext<FastPathPeers>()
  const { clock, sent } = context
  const netlink = new FakeNetlink(clock)
  netlink.addInterface('lo', '00:00:00:00:00:00', ['127.0.0.1/8'])
  netlink.addInterface('eth0', OWN, ['10.0.0.1/24'])
  const nft = new FakeNft()
  const outline = 'table netdev proxyha {}'
  nft.setTable('netdev', 'proxyha', outline)
  if (foundPins !== undefined) {
    nft.setElements('netdev', 'proxyha', 'reachable', [placeElement(7, OTHER)])
    nft.setElements('netdev', 'proxyha', 'pins4', foundPins)
  }
  const sockets = new FakeSocketTable()
  const instance = startFastPath(
    context,
    { ...SETTINGS, announcers: [] },
    { nft, netlink, sockets },
  ) as ActorInstance<FastPathMessage>
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
    { to: 'discovery', message: { type: 'serving', serving: true, mayLead: true } },
    { to: 'discovery', message: { type: 'serving', serving: false, mayLead: false } },
    { to: 'discovery', message: { type: 'clients', all: true, generation: 3, clients: heard('10.0.9.1') } },
  ])
  expect(netlink.addressesOf('lo')).toContain(`${VIP}/32`)
  expect(nft.scripts).toHaveLength(1)
})

test('pins that are in the tables go on, by the number that the node has now', async () => {
  const { nft, give } = started([pinElement('10.0.9.1', 7, 30)])
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
flush map netdev proxyha told4
flush map netdev proxyha told6
add element netdev proxyha staying4 { 10.0.9.1 timeout 600s expires 600s : 258 }
add element netdev proxyha staying6 { fd00::9 timeout 600s expires 600s : 258 }
`
  expect(nft.scripts.at(-1)).toBe(written)
  const there = (expires: number) => {
    nft.setElements('netdev', 'proxyha', 'staying4', [pinElement('10.0.9.1', 2, expires)])
    nft.setElements('netdev', 'proxyha', 'staying6', [pinElement('fd00::9', 2, 600)])
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
  nft.setElements('netdev', 'proxyha', 'pins4', [pinElement('10.0.9.1', 1, 590)])
  nft.setCount('netdev', 'proxyha', 'pins4', SETTINGS.tableSize)
  nft.setCount('netdev', 'proxyha', 'pins6', 0)
  nft.setCount('netdev', 'proxyha', 'unpinned', 7)
  nft.setElements('netdev', 'proxyha', 'macs', [placeElement(2, OTHER, 5, 300)])
  nft.setElements('netdev', 'proxyha', 'takers', [placeElement(2, OTHER, 3, 180)])
  expect(await control.which('10.0.9.1')).toMatchObject({ node: '10.0.0.1', reason: 'pin', idleS: 10 })
  expect(await control.which('10.0.9.2')).toMatchObject({ node: '10.0.0.2', reason: 'slot', idleS: null })
  await expect(control.which('nobody')).rejects.toThrow(RangeError)
  expect(await control.clients(0, 0, 10)).toEqual({
    routes: [expect.objectContaining({ client: '10.0.9.1', node: '10.0.0.1' })],
    seen: 1,
    next: null,
  })
  expect(await control.describe()).toMatchObject({
    state: 'applied',
    nodes: [
      { address: '10.0.0.1', packets: 0, bytes: 0 },
      { address: '10.0.0.2', packets: 8, bytes: 480 },
    ],
    holders: null,
    pins: [
      { family: 'IPv4', count: SETTINGS.tableSize, most: SETTINGS.tableSize },
      { family: 'IPv6', count: 0, most: SETTINGS.tableSize },
    ],
    unpinnedPackets: 7,
    warnings: [
      { text: expect.stringContaining('clients of IPv4 are remembered, as many as clients.tableSize allows') },
    ],
  })
})

test('tells discovery what clients had of this node: once a second where there is news, and to one that starts anew', async () => {
  const { nft, clock, sent, instance, give } = started()
  give(role('scanning'), group())
  await settled()
  const told = () =>
    sent.map(({ message }) => message as FastPathPeers['discovery']).filter(({ type }) => type === 'traffic')
  for (const counter of ['received', 'sent', 'answered']) nft.setCount('netdev', 'proxyha', counter, 2)
  clock.advance(1000)
  const counted = [{ address: '10.0.0.1', connections: 2, failed: 0, bytesIn: 2000, bytesOut: 1972 }]
  expect(told()).toEqual([{ type: 'traffic', counted }])
  clock.advance(3000)
  expect(told()).toHaveLength(1)
  instance.peerUp?.('discovery')
  expect(told()).toHaveLength(2)
})

test('a client is pinned by its connections, as its node says; remembered without one it is at the owner of its slot by that', async () => {
  const { nft, give, control, clock } = started()
  give(role('director'), group())
  await settled()
  nft.setElements('netdev', 'proxyha', 'pins4', [pinElement('10.0.9.1', 2, 500), pinElement('10.0.9.2', 1, 500)])
  expect(await control.which('10.0.9.1')).toMatchObject({ reason: 'pin', activeConnections: null })
  const says = (address: string, ...holders: readonly { client: string; connections: number }[]): FastPathMessage => {
    return { type: 'holdersOf', address, all: true, holders }
  }
  clock.advance(10_000)
  give(says('10.0.0.1'), says('10.0.0.2', { client: '10.0.9.3', connections: 4 }))
  expect(await control.which('10.0.9.1')).toMatchObject({ node: '10.0.0.2', reason: 'slot', activeConnections: 0 })
  expect(await control.which('10.0.9.2'), 'its slot is elsewhere').toMatchObject({
    node: '10.0.0.1',
    reason: 'pin',
    activeConnections: 0,
  })
  expect(await control.which('10.0.9.3')).toMatchObject({ node: '10.0.0.2', reason: 'pin', activeConnections: 4 })
  expect((await control.describe()).holders).toEqual([{ client: '10.0.9.3', node: '10.0.0.2', connections: 4 }])
})

test('tells clients in parts of one listing, which serves whoever asks within a second', async () => {
  const { nft, give, control, clock } = started()
  give(role('director'), group())
  await settled()
  const known = Array.from({ length: 3000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`)
  const pins = known.map((client) => pinElement(client, 1, 590))
  nft.setElements('netdev', 'proxyha', 'pins4', pins)
  let listings = 0
  const eachElement = nft.eachElement.bind(nft)
  nft.eachElement = (...question) => {
    listings += 1
    return eachElement(...question)
  }
  const all: string[] = []
  let seen = 0
  for (let from: number | null = 0; from !== null; ) {
    const part: ClientsPart = await control.clients(from, 0, 10_000)
    expect(part.routes.length).toBeLessThanOrEqual(512)
    all.push(...part.routes.map(({ client }) => client))
    seen += part.seen
    from = part.next
  }
  expect([all, seen, listings]).toEqual([known, 3000, 4])
  expect(await control.clients(0, 2999, 5)).toMatchObject({ routes: [{ client: known[2999] }], seen: 3000, next: null })
  expect(await control.clients(0, 0, 0)).toEqual({ routes: [], seen: 3000, next: null })
  expect(listings).toBe(4)
  clock.advance(1000)
  await control.clients(0, 0, 1)
  expect(listings).toBe(8)
})

test('whoever asks for clients while a listing takes long is told to ask again', async () => {
  const { nft, give, control, clock } = started()
  give(role('director'), group())
  await settled()
  nft.eachElement = () => new Promise(() => undefined)
  const part = control.clients(0, 0, 10)
  clock.advance(1000)
  expect(await part).toEqual({ routes: [], seen: 0, next: 0 })
})
