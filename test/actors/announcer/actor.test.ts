import { beforeEach, describe, expect, test } from 'vitest'
import { startAnnouncer } from '../../../actors/announcer/actor.ts'
import type { AnnouncerControl, AnnouncerMessage, AnnouncerStatus } from '../../../actors/announcer/messages.ts'
import type { AnnouncerPeers } from '../../../actors/announcer/state.ts'
import type { ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { parseArp } from '../../../runtime/wire/arp.ts'
import { emitUnsolicitedAdvertisement } from '../../../runtime/wire/neighbour-advertisement.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { FakePacketPort } from '../../fakes/packet.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { DEFAULT_GARP, MAC, permissionDenied, settings } from './bench.ts'

const OWN = '10.10.74.70/24'
const VIPS = ['10.10.74.74/24', '10.10.74.75/24']
const defaults = { ...settings, garp: DEFAULT_GARP }

let context: RecordedContext<AnnouncerPeers>
let netlink: FakeNetlink
let packet: FakePacketPort
let announcer: ActorInstance<AnnouncerMessage>

beforeEach(async () => {
  context = new RecordedContext()
  netlink = new FakeNetlink(context.clock)
  packet = new FakePacketPort(context.clock)
  const interfaceIndex = netlink.addInterface('eth0', MAC, [OWN])
  netlink.putAddress({ interfaceIndex, address: '10.10.74.75', prefixLength: 24, validLifetimeS: 3 })
  announcer = await startAnnouncer(context, { elector: 'elector', ...defaults }, { netlink, packet })
})

const take = (message: AnnouncerMessage): void => announcer.receive(message, 'elector')
const describeIt = (): AnnouncerStatus => (announcer.control as AnnouncerControl).describe()

describe('the announcer', () => {
  test('removes at start what was left behind', () => expect(netlink.addressesOf('eth0')).toEqual([OWN]))

  test('holds, and announces by five frames at once, after 1 s and after 2.5 s', () => {
    take({ type: 'hold', leaseUntilMs: 60_000 })
    expect(netlink.addressesOf('eth0')).toEqual([OWN, ...VIPS])
    expect(context.sent).toEqual([{ to: 'elector', message: { type: 'held' } }])
    context.clock.advance(10_000)
    const times = packet.frames.filter((_, index) => index % 2 === 0).map(({ atMs }) => atMs)
    expect(times).toEqual([0, 4, 8, 12, 16, 1000, 1004, 1008, 1012, 1016, 2500, 2504, 2508, 2512, 2516])
    expect(describeIt()).toMatchObject({ gratuitousArpsSent: 30, warnings: [] })
    const announced = {
      operation: 'request',
      senderMac: MAC,
      senderAddress: '10.10.74.74',
      targetAddress: '10.10.74.74',
    }
    expect(parseArp(packet.frames[0]!.frame)).toMatchObject({ ok: true, arp: announced })
    expect(parseArp(packet.frames[1]!.frame)).toMatchObject({ arp: { senderAddress: '10.10.74.75' } })
  })

  test('announces once more on demand, what it holds; nothing while it holds nothing', () => {
    const announce = () => (announcer.control as AnnouncerControl).announce()
    expect(announce()).toEqual([])
    context.clock.advance(10)
    expect(packet.frames).toEqual([])
    take({ type: 'hold', leaseUntilMs: 60_000 })
    context.clock.advance(10_000)
    const before = packet.frames.length
    expect(announce()).toEqual(['10.10.74.74', '10.10.74.75'])
    context.clock.advance(10_000)
    expect(packet.frames).toHaveLength(2 * before)
  })

  test('gives up by itself when the lease is not renewed', () => {
    take({ type: 'hold', leaseUntilMs: 3000 })
    context.clock.advance(2999)
    expect(netlink.addressesOf('eth0')).toEqual([OWN, ...VIPS])
    context.clock.advance(1)
    expect(netlink.addressesOf('eth0')).toEqual([OWN])
    expect(context.sent.at(-1)).toEqual({ to: 'elector', message: { type: 'leaseExpired' } })
  })

  test('suspended for 10 s: what was queued meanwhile does not bring the addresses back', () => {
    take({ type: 'hold', leaseUntilMs: 3000 })
    packet.frames.length = 0
    context.clock.jumpTo(10_000)
    take({ type: 'renew', leaseUntilMs: 5000 })
    take({ type: 'announce' })
    context.clock.advance(5000)
    expect(netlink.addressesOf('eth0')).toEqual([OWN])
    expect(packet.frames).toEqual([])
    expect(describeIt().leaseExpiries).toBe(1)
  })

  test('says what the kernel refuses', () => {
    netlink.refuseChanges(permissionDenied)
    take({ type: 'hold', leaseUntilMs: 3000 })
    expect(context.sent[0]).toMatchObject({ message: { type: 'holdFailed', reason: permissionDenied.reason } })
    expect(context.lines).toContain(`warn: cannot hold 10.10.74.74: ${permissionDenied.reason}`)
  })

  test('holds on when frames are refused, with a warning', () => {
    packet.refuse(permissionDenied)
    take({ type: 'hold', leaseUntilMs: 3000 })
    expect(netlink.addressesOf('eth0')).toEqual([OWN, ...VIPS])
    expect(describeIt().warnings).toHaveLength(1)
  })

  test('an ordered stop removes the addresses and leaves no timer', async () => {
    take({ type: 'hold', leaseUntilMs: 3000 })
    await announcer.stop?.()
    expect(netlink.addressesOf('eth0')).toEqual([OWN])
    expect(context.clock.nextDueMs()).toBeUndefined()
  })
})

test('of several, each reports to its own elector', async () => {
  const options = { elector: 'elector-web', ...defaults } as const
  const one = new RecordedContext<AnnouncerPeers>()
  const web = await startAnnouncer(one, options, { netlink, packet })
  web.receive({ type: 'hold', leaseUntilMs: one.clock.nowMs() + 3000 }, 'elector-web')
  expect(one.sent).toEqual([{ to: 'elector-web', message: { type: 'held' } }])
})

describe('the announcer of a virtual router of IPv6', () => {
  const VIP6 = { address: '2001:db8::74', prefixLength: 128 }

  test('removes what was left behind, holds, and tells all nodes by unsolicited neighbour advertisements (rule 18)', async () => {
    const device = new FakeNetlink(context.clock)
    const frames = new FakePacketPort(context.clock)
    const interfaceIndex = device.addInterface('eth0', MAC, ['fe80::70/64'])
    device.putAddress({ interfaceIndex, address: '2001:db8::74', prefixLength: 64, validLifetimeS: 3 })
    const options = { elector: 'elector', ...defaults, virtualIps: [VIP6] } as const
    const ipv6 = await startAnnouncer(context, options, { netlink: device, packet: frames })
    expect(device.addressesOf('eth0')).toEqual(['fe80::70/64'])
    ipv6.receive({ type: 'hold', leaseUntilMs: context.clock.nowMs() + 3000 }, 'elector')
    expect(device.addressesOf('eth0')).toEqual(['fe80::70/64', '2001:db8::74/128'])
    expect(frames.frames[0]?.frame).toEqual(emitUnsolicitedAdvertisement(MAC, VIP6.address))
    expect((ipv6.control as AnnouncerControl).describe()).toMatchObject({ gratuitousArpsSent: 1, warnings: [] })
    context.clock.advance(4000)
    expect(device.addressesOf('eth0')).toEqual(['fe80::70/64'])
  })
})
