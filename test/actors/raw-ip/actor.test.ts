import { beforeEach, describe, expect, test } from 'vitest'
import { startRawIp } from '../../../actors/raw-ip/actor.ts'
import type { RawIpPeers } from '../../../actors/raw-ip/machine.ts'
import type { DrainMessage, RawIpMessage, RawIpStatus, SendMessage } from '../../../actors/raw-ip/messages.ts'
import type { VrrpRoute } from '../../../actors/raw-ip/routing.ts'
import type { ActorContext, ActorInstance } from '../../../runtime/actor-system/actor.ts'
import type { IpProtocol, RawIpPort } from '../../../runtime/ports/raw-ip/raw-ip.ts'
import { done, refused } from '../../../runtime/ports/result.ts'
import { sealBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { emitAdvertisement } from '../../../runtime/wire/vrrp.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { SeededRandom } from '../../fakes/random.ts'
import { type FakeRawIpPort, FakeSubnet } from '../../fakes/raw-ip.ts'

const advertisement = {
  version: 2,
  virtualRouterId: 51,
  priority: 99,
  advertIntervalCs: 100,
  addresses: ['10.77.0.9'],
} as const
const sender = { virtualRouterId: 51, address: '10.77.0.2', epoch: '00000000000000aa', key: null, version: 5 }
/** Of each protocol, a payload that is as it should be. */
const RIGHT: Readonly<Record<IpProtocol, Uint8Array>> = {
  112: emitAdvertisement(advertisement, { source: '10.77.0.2', checksum: 'message' }),
  253: sealBeacon('hello', Uint8Array.of(0x80), 1, sender, { destination: '10.77.0.1', audience: new Map() })[0]!,
}
const ends = (packet: Uint8Array, payload: Uint8Array): boolean =>
  Buffer.from(packet).subarray(20).equals(Buffer.from(payload))

const ROUTE = { elector: 'elector', family: 'ipv4', virtualRouterId: 51 } as const
const BEACONS = { virtualRouterId: 51, keys: [], managementIp: '10.77.0.1', managementPrefixLength: 24 }
const OPTIONS = { interfaceName: 'eth0', sourceAddress: '10.77.0.1', routes: [ROUTE], beacons: BEACONS }

describe('raw-IP actor', () => {
  let clock: FakeClock
  let port: FakeRawIpPort
  let neighbour: FakeRawIpPort
  let sent: { to: string; message: RawIpPeers[keyof RawIpPeers] }[]
  let logged: string[]

  beforeEach(() => {
    clock = new FakeClock(1000)
    const subnet = new FakeSubnet(clock, new SeededRandom(1), { delayMs: 0 })
    port = subnet.createPort()
    neighbour = subnet.createPort()
    neighbour.open('eth0', '10.77.0.2', { packet() {}, error() {} })
    sent = []
    logged = []
  })

  function context(): ActorContext<RawIpPeers> {
    return {
      name: 'raw-ip',
      incarnation: 0,
      clock,
      random: new SeededRandom(2),
      send: (to, message) => void sent.push({ to, message }),
      request: () => Promise.reject(new Error('the raw-IP actor asks nobody')),
      log: (_level, line) => void logged.push(line),
      inspect() {},
      observer: undefined,
      guard: (call) => call,
      control: () => undefined,
    }
  }
  async function start(rawIp: RawIpPort = port): Promise<ActorInstance<RawIpMessage> & { describe(): RawIpStatus }> {
    const actor = await startRawIp(context(), OPTIONS, { rawIp })
    return Object.assign(actor, { describe: () => actor.control?.describe?.() as RawIpStatus })
  }
  /** Lets promises that are resolved already have their turn. */
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const nothingToSend = { untilMs: 0, whenSilent: [], beforeMs: 0, heard: 0 }
  const advert = (confirm?: number): SendMessage => ({
    type: 'send',
    protocol: 112,
    destination: '224.0.0.18',
    payload: Uint8Array.of(1),
    ...(confirm === undefined ? {} : { confirm }),
  })
  async function arrive(protocol: IpProtocol, count = 1, payload = RIGHT[protocol]): Promise<void> {
    const sends = Array.from({ length: count }, () => neighbour.send(protocol, '10.77.0.1', payload))
    await Promise.all(sends)
    clock.advance(0)
  }

  test('adverts go to the elector, beacons to discovery, each with the time it came', async () => {
    await start()
    clock.advance(500)
    await arrive(112)
    await arrive(253)
    expect(sent).toMatchObject([
      { to: 'elector', message: { type: 'packet', protocol: 112, receivedAtMs: 1500 } },
      { to: 'discovery', message: { type: 'packet', protocol: 253, receivedAtMs: 1500 } },
    ])
  })

  test('a packet is confirmed to who asked for it once the kernel has it, with the time before it was sent', async () => {
    let taken = (_result: typeof done): void => undefined
    const slow: RawIpPort = {
      open: () => done,
      send: () => new Promise((resolve) => (taken = resolve)),
      drain: () => Promise.resolve(0),
      overflowed: () => 0,
      close() {},
    }
    const actor = await start(slow)
    actor.receive(advert(41), 'elector')
    clock.jumpTo(9000) // stopped between the two
    await settle()
    expect(sent).toEqual([])
    taken(done)
    await settle()
    expect(sent).toEqual([{ to: 'elector', message: { type: 'sent', confirm: 41, atMs: 1000 } }])
  })

  test('a packet that the kernel does not take is not confirmed but refused, with the reason', async () => {
    const actor = await start()
    actor.receive(
      { type: 'send', protocol: 253, destination: 'nowhere', payload: new Uint8Array(1), confirm: 5 },
      'discovery',
    )
    await settle()
    expect(sent).toEqual([
      { to: 'discovery', message: { type: 'sendFailed', confirm: 5, reason: expect.stringContaining('nowhere') } },
    ])
    expect(actor.describe()).toMatchObject({
      open: true,
      counters: { 253: { sent: 0, sendFailed: 1 } },
      warnings: [{ text: expect.stringContaining('IP protocol 253 cannot be sent') }],
    })
  })

  test('who asked for no confirmation gets none', async () => {
    const actor = await start()
    actor.receive(advert(), 'elector')
    await settle()
    expect(sent).toEqual([])
    expect(actor.describe().counters[112]).toEqual({ received: 0, dropped: 0, overflowed: 0, sent: 1, sendFailed: 0 })
  })

  test('a drain is answered after everything that had arrived was passed on', async () => {
    const actor = await start()
    port.stall()
    await arrive(112, 3)
    expect(sent).toEqual([])
    const reply = await new Promise((resolve) => {
      actor.receive({ type: 'drain', ...nothingToSend }, 'elector', (value) => resolve([value, sent.length]))
    })
    expect(reply).toEqual([{ packets: 3, deaf: false, sent: false }, 3])
  })

  describe('what is to be sent when nothing has arrived', () => {
    const drain = (actor: ActorInstance<RawIpMessage>, change: Partial<DrainMessage> = {}) => {
      const message = {
        type: 'drain',
        untilMs: 0,
        whenSilent: [advert(7)],
        beforeMs: 2000,
        heard: 0,
        ...change,
      } as const
      return new Promise((resolve) => actor.receive(message, 'elector', resolve))
    }
    const silent = { packets: 0, deaf: false, sent: true }

    test('is sent before the answer, and confirmed', async () => {
      const actor = await start()
      expect(await drain(actor)).toEqual(silent)
      await settle()
      expect(sent).toEqual([{ to: 'elector', message: { type: 'sent', confirm: 7, atMs: 1000 } }])
    })

    test('is not when something has arrived, or is under way to who asks', async () => {
      const actor = await start()
      port.stall()
      await arrive(112)
      expect(await drain(actor)).toEqual({ packets: 1, deaf: false, sent: false })
      expect(await drain(actor)).toEqual({ packets: 0, deaf: false, sent: false })
      expect(actor.describe().counters[112].sent).toBe(0)
      expect(await drain(actor, { heard: 1 })).toEqual(silent)
    })

    test('is when something has arrived for another', async () => {
      const actor = await start()
      await arrive(253)
      expect(await drain(actor)).toEqual(silent)
    })

    test('is not after its time', async () => {
      const actor = await start()
      clock.jumpTo(2000)
      expect(await drain(actor)).toEqual({ ...silent, sent: false })
    })

    test('waits for what arrives until a moment ahead, and not longer than 5 ms', async () => {
      const actor = await start()
      let answered = false
      const answer = drain(actor, { untilMs: 1500 }).then(() => (answered = true))
      await settle()
      clock.advance(4)
      await settle()
      await settle()
      expect(answered).toBe(false)
      clock.advance(1)
      await answer
    })
  })

  test('discovery is told when beacons were lost, four times a second at most, and while it goes on only', async () => {
    const actor = await start()
    actor.receive({ type: 'knownNodes', nodes: [{ address: '10.77.0.3', epoch: '00000000000000bb' }] }, 'discovery')
    const told = () => sent.filter(({ message }) => message.type === 'beaconsLost').length
    await arrive(253, 900)
    clock.advance(250)
    await arrive(253, 900)
    expect(told()).toBe(1)
    clock.advance(100)
    await arrive(253, 900)
    expect(told()).toBe(1)
    clock.advance(250)
    await arrive(253)
    expect(told()).toBe(2)
    clock.advance(1000)
    await arrive(253)
    expect(told()).toBe(2)
  })

  test('of a flood of beacons 600 pass at once and 5,000 a second, the rest is counted; adverts pass all the same', async () => {
    const actor = await start()
    await arrive(253, 6000)
    await arrive(112, 100)
    expect(actor.describe()).toMatchObject({
      counters: { 253: { received: 6000, dropped: 5400 }, 112: { received: 100, dropped: 0 } },
      warnings: [{ text: expect.stringContaining('more than 5000 packets/s of IP protocol 253') }],
    })
    expect(sent.filter(({ to }) => to === 'discovery')).toHaveLength(600)
    expect(logged).toHaveLength(1)
    clock.advance(100)
    await arrive(253, 700)
    expect(sent.filter(({ to }) => to === 'discovery')).toHaveLength(600 + 500)
    clock.advance(10_000)
    expect(actor.describe().warnings).toEqual([])
  })

  test('of a flood of adverts 600 pass at once and 20,000 a second', async () => {
    const actor = await start()
    await arrive(112, 7000)
    expect(actor.describe().counters[112]).toMatchObject({ received: 7000, dropped: 6400 })
    clock.advance(10)
    await arrive(112, 300)
    expect(actor.describe().counters[112]).toMatchObject({ received: 7300, dropped: 6500 })
  })

  test.each([
    [112, 'elector', 200],
    [253, 'discovery', 50],
  ] as const)(
    'a flood of garbage of protocol %i does not displace what is right: it has a budget of its own',
    async (protocol, to, inTenth) => {
      const actor = await start()
      const handed = (payload: Uint8Array) =>
        sent.filter(
          ({ to: peer, message }) => peer === to && message.type === 'packet' && ends(message.packet, payload),
        )
      const garbage = Uint8Array.from(RIGHT[protocol], (byte, at) => (at === 0 ? byte ^ 1 : byte))
      await arrive(protocol, 7000, garbage)
      await arrive(protocol, 600)
      expect(handed(garbage)).toHaveLength(200)
      expect(handed(RIGHT[protocol])).toHaveLength(600)
      expect(actor.describe().counters[protocol]).toMatchObject({ received: 7600, dropped: 6800 })
      clock.advance(100)
      await arrive(protocol, 1000, garbage)
      expect(handed(garbage)).toHaveLength(200 + inTenth)
    },
  )

  test('what the kernel had no room for is counted', async () => {
    const actor = await start()
    port.stall()
    await arrive(112, 9000)
    await arrive(112, 1007)
    expect(actor.describe().counters[112].overflowed).toBe(7)
  })

  test('sockets whose interface went are opened again when it is back', async () => {
    const actor = await start()
    port.fail()
    actor.receive(advert(1), 'elector')
    await settle()
    expect(sent).toEqual([{ to: 'elector', message: expect.objectContaining({ type: 'sendFailed', confirm: 1 }) }])
    expect(actor.describe()).toMatchObject({
      open: false,
      warnings: [{ text: expect.stringContaining('raw sockets are closed') }],
    })
    clock.advance(1000)
    expect(actor.describe().open).toBe(false)
    port.repair()
    clock.advance(2000)
    expect(actor.describe()).toMatchObject({ open: true, reopened: 1 })
    sent = []
    await arrive(112)
    expect(sent).toHaveLength(1)
    expect(logged).toEqual([expect.stringContaining('closed'), 'raw sockets are open again'])
  })

  test('a drain says that adverts cannot be heard while the sockets are closed; their return is told to the elector', async () => {
    const actor = await start()
    const drain = () => new Promise((resolve) => actor.receive({ type: 'drain', ...nothingToSend }, 'elector', resolve))
    port.raiseError(112, 'polling failed')
    expect(await drain()).toEqual({ packets: 0, deaf: true, sent: false })
    expect(sent).toEqual([])
    clock.advance(100)
    expect(sent).toEqual([{ to: 'elector', message: { type: 'socketsReopened' } }])
    expect(await drain()).toEqual({ packets: 0, deaf: false, sent: false })
  })

  test('an error of the sockets opens them again', async () => {
    const actor = await start()
    port.raiseError(112, 'polling failed')
    expect(actor.describe()).toMatchObject({
      open: false,
      warnings: [{ text: 'raw sockets are closed: polling failed' }],
    })
    clock.advance(100)
    expect(actor.describe().open).toBe(true)
  })

  test('an interface that is not there yet is waited for', async () => {
    port.fail()
    const actor = await start()
    expect(actor.describe().open).toBe(false)
    port.repair()
    clock.advance(100)
    expect(actor.describe().open).toBe(true)
  })

  test('without the permission the actor does not start', async () => {
    port.fail(refused('EPERM', 'raw sockets need CAP_NET_RAW'))
    await expect(start()).rejects.toMatchObject({ code: 'EPERM', message: 'raw sockets need CAP_NET_RAW' })
  })

  test.each(['ENOADDON', 'EAFNOSUPPORT', 'ENOTSUP'])('what waiting does not cure (%s) ends the start', async (code) => {
    port.fail(refused(code, 'never'))
    await expect(start()).rejects.toMatchObject({ code, message: 'never' })
  })

  test('a packet that its receiver cannot take is the crash of the actor, not of the process that called it back', async () => {
    const crashed: unknown[] = []
    const guarded: ActorContext<RawIpPeers> = {
      ...context(),
      send: () => {
        throw new Error('no room')
      },
      guard:
        (call) =>
        (...parameters) => {
          try {
            call(...parameters)
          } catch (error) {
            crashed.push(error)
          }
        },
    }
    await startRawIp(guarded, OPTIONS, { rawIp: port })
    await arrive(112)
    expect(crashed).toEqual([new Error('no room')])
  })

  describe('with several virtual routers', () => {
    const two = { ...OPTIONS, routes: [ROUTE, { ...ROUTE, elector: 'elector-web', virtualRouterId: 52 }] } as const
    const startTwo = async () => startRawIp(context(), two, { rawIp: port })
    const advertOf = (virtualRouterId: number) =>
      emitAdvertisement({ ...advertisement, virtualRouterId }, { source: '10.77.0.2', checksum: 'message' })

    test('each elector gets the adverts of its own, one of them those of strangers', async () => {
      await startTwo()
      for (const vrid of [51, 52, 7]) await arrive(112, 1, advertOf(vrid))
      expect(sent.map(({ to }) => to)).toEqual(['elector', 'elector-web', 'elector'])
    })

    test('a confirmation goes to the elector that asked for it, and to nobody who is none', async () => {
      const actor = await startTwo()
      actor.receive(advert(3), 'elector-web')
      actor.receive(advert(4), 'elector-of-nobody')
      await settle()
      expect(sent).toEqual([{ to: 'elector-web', message: { type: 'sent', confirm: 3, atMs: 1000 } }])
    })

    test('that the sockets are open again is told to all that hear by them', async () => {
      await startTwo()
      port.raiseError(112, 'polling failed')
      clock.advance(100)
      expect(sent.map(({ to }) => to)).toEqual(['elector', 'elector-web'])
    })

    test('they share one budget: a flood of one VRID fills no mailbox', async () => {
      const actor = await startTwo()
      await arrive(112, 400, advertOf(51))
      await arrive(112, 400, advertOf(52))
      expect(sent).toHaveLength(600)
      expect(actor.control?.describe?.()).toMatchObject({ counters: { 112: { received: 800, dropped: 200 } } })
    })
  })

  describe('with IPv6', () => {
    const V6 = { ...OPTIONS, ipv6SourceAddress: 'fe80::1' }
    let port6: FakeRawIpPort
    let neighbour6: FakeRawIpPort

    async function startDual(...routes: readonly VrrpRoute[]) {
      const subnet6 = new FakeSubnet(clock, new SeededRandom(3), { delayMs: 0 })
      port6 = subnet6.createPort()
      neighbour6 = subnet6.createPort()
      neighbour6.open('eth0', 'fe80::2', { packet: (_protocol, packet) => heard.push(packet.length), error() {} })
      const actor = await startRawIp(context(), { ...V6, routes }, { rawIp: port, rawIpv6: port6 })
      return Object.assign(actor, { describe: () => actor.control?.describe?.() as RawIpStatus })
    }
    const heard: number[] = []
    const advert6: RawIpMessage = { ...(advert(9) as Extract<RawIpMessage, { type: 'send' }>), destination: 'ff02::12' }

    test('a packet leaves by the sockets of its family; what comes back of a virtual router of IPv6 goes to the elector', async () => {
      const actor = await startDual({ ...ROUTE, family: 'ipv6' })
      actor.receive(advert6, 'elector')
      await settle()
      clock.advance(0)
      expect(heard).toEqual([41])
      expect(sent).toEqual([{ to: 'elector', message: { type: 'sent', confirm: 9, atMs: 1000 } }])
      sent = []
      await neighbour6.send(112, 'ff02::12', Uint8Array.of(7))
      await arrive(112) // of IPv4: no virtual router of ours
      await arrive(253)
      expect(sent).toMatchObject([{ to: 'elector' }, { to: 'discovery' }])
    })

    test('what IPv6 lacks does not close the sockets of IPv4, and is said by its name', async () => {
      const actor = await startDual(ROUTE)
      port6.fail(refused('EADDRNOTAVAIL', 'fe80::1 on eth0: Cannot assign requested address'))
      port6.raiseError(112, 'polling failed')
      expect(actor.describe()).toMatchObject({
        open: false,
        warnings: [{ text: 'raw IPv6 sockets are closed: polling failed' }],
      })
      await arrive(112)
      expect(sent).toMatchObject([{ to: 'elector' }])
      port6.repair()
      clock.advance(2000)
      expect(actor.describe()).toMatchObject({ open: true, reopened: 1, warnings: [] })
    })

    test('only the elector that would hear by the closed sockets is deaf', async () => {
      const actor = await startDual(ROUTE, { ...ROUTE, elector: 'elector-v6', family: 'ipv6' })
      port6.fail(refused('EADDRNOTAVAIL', 'fe80::1 on eth0: Cannot assign requested address'))
      port6.raiseError(112, 'polling failed')
      const drain = (who: string) =>
        new Promise((resolve) => actor.receive({ type: 'drain', ...nothingToSend }, who, resolve))
      expect(await drain('elector')).toEqual({ packets: 0, deaf: false, sent: false })
      expect(await drain('elector-v6')).toEqual({ packets: 0, deaf: true, sent: false })
      port6.repair()
      clock.advance(2000)
      expect(sent).toEqual([{ to: 'elector-v6', message: { type: 'socketsReopened' } }])
    })

    test('without sockets of IPv6 a packet for it is refused', async () => {
      const actor = await start()
      actor.receive(advert6, 'elector')
      await settle()
      expect(sent).toMatchObject([{ message: { type: 'sendFailed', confirm: 9 } }])
    })
  })

  test('after stop nothing is sent, received, or opened again', async () => {
    const actor = await start()
    port.raiseError(253, 'polling failed')
    actor.receive(advert(1), 'elector')
    await actor.stop?.()
    await settle()
    clock.advance(10_000)
    expect(port.address).toBe('')
    expect(sent).toEqual([])
  })
})
