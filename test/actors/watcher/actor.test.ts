import { beforeEach, expect, test } from 'vitest'
import { startWatcher } from '../../../actors/watcher/actor.ts'
import type { WatcherControl, WatcherMessage, WatcherStatus } from '../../../actors/watcher/messages.ts'
import type { WatcherPeers } from '../../../actors/watcher/state.ts'
import type { ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { parseArp } from '../../../runtime/wire/arp.ts'
import { emitNeighbourSolicitation } from '../../../runtime/wire/neighbour-solicitation.ts'
import { FakeKernelEvents } from '../../fakes/kernel-events.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { FakePacketPort } from '../../fakes/packet.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { OWN_MAC, STRANGER_MAC, settings, VIP } from './bench.ts'

let context: RecordedContext<WatcherPeers>
let netlink: FakeNetlink
let kernel: FakeKernelEvents
let packet: FakePacketPort
let watcher: ActorInstance<WatcherMessage>

beforeEach(async () => {
  context = new RecordedContext()
  netlink = new FakeNetlink(context.clock)
  netlink.addInterface('eth0', OWN_MAC, ['10.0.0.1/24'])
  kernel = new FakeKernelEvents(netlink)
  packet = new FakePacketPort(context.clock)
  watcher = await startWatcher(context, { ...settings, trackGateway: false }, { kernel, packet })
  for (const peer of ['elector', 'announcer', 'raw-ip']) watcher.peerUp?.(peer)
})

const describeIt = (): WatcherStatus => (watcher.control as WatcherControl).describe()

test('reads the interface at the start, watches its ARP, and probes the virtual IP', () => {
  expect(describeIt().link).toEqual({ index: 1, mac: OWN_MAC, up: true, mtu: 1500 })
  expect(kernel.watched).toEqual([[1, 'ipv4']])
  const probe = { operation: 'request', senderMac: OWN_MAC, senderAddress: '0.0.0.0', targetAddress: VIP }
  expect(packet.frames.map(({ frame }) => parseArp(frame))).toMatchObject([{ ok: true, arp: probe }])
})

test('says at once that the cable is pulled', () => {
  context.sent.length = 0
  context.clock.advance(100)
  netlink.setUp('eth0', false)
  kernel.say({ type: 'link', interfaceIndex: 1, interfaceName: 'eth0' })
  expect(context.sent).toEqual([
    { to: 'announcer', message: { type: 'interfaceChanged' } },
    { to: 'elector', message: { type: 'track', source: 'interface', state: 'failed', reason: 'eth0 is down' } },
  ])
  expect(context.inspected).toContainEqual({ type: 'state', from: 'up', to: 'down', cause: 'truth' })
})

test('says who answers for a virtual IP', () => {
  for (let probe = 0; probe < 3; probe++) {
    kernel.say({ type: 'neighbour', form: 'reply', senderAddress: VIP, senderMac: STRANGER_MAC, targetMac: OWN_MAC })
    context.clock.advance(1000)
  }
  expect(context.sent.at(-1)).toEqual({
    to: 'announcer',
    message: { type: 'occupied', address: VIP, mac: STRANGER_MAC },
  })
})

test('where a virtual IP is of IPv6, its neighbours are watched as well, and asked by a solicitation', async () => {
  const virtualIps = ['2001:db8::5']
  const options = { ...settings, virtualIps, linkLocalAddress: 'fe80::1', trackGateway: false }
  kernel.watched.length = 0
  packet.frames.length = 0
  netlink.putAddress({ interfaceIndex: 1, address: 'fe80::1', prefixLength: 64, validLifetimeS: null })
  await startWatcher(context, options, { kernel, packet })
  expect(kernel.watched).toEqual([[1, 'ipv4', 'ipv6']])
  expect(packet.frames.map(({ frame }) => frame)).toEqual([
    emitNeighbourSolicitation(OWN_MAC, 'fe80::1', virtualIps[0]!),
  ])
})

test('goes on when frames are refused, and counts them', () => {
  packet.refuse(refused('ENETDOWN', 'the network is down'))
  context.clock.advance(1000)
  expect(describeIt().counters).toMatchObject({ requestsSent: 2, refused: 1 })
})

test('an ordered stop listens no more and leaves no timer', async () => {
  await watcher.stop?.()
  expect(kernel.isOpen).toBe(false)
  expect(context.clock.nextDueMs()).toBeUndefined()
})
