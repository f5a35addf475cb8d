import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { until, VIP } from '../group.ts'
import {
  arpQuestion,
  BROADCAST_MAC,
  GROUP,
  GROUP_MAC,
  internetChecksum,
  ping,
  pseudoHeader,
  type RawAdvert,
} from './raw-frame.ts'
import { PEER, WireBench, type WireOptions } from './wire-bench.ts'

/**
 * The rules of VRRP again, as a neighbour sees them: a real gateway, and a peer that says and hears whole frames. Each wait
 * is held against what may not happen before (exact: the peer's clock runs from before its frame) and ends by an event.
 */

const OWN = '10.88.0.11'
const LOWER_ADDRESS = '10.88.0.9'
const PRIORITY = 100
/** Of the peer, which version 3 learns. */
const PEER_INTERVAL_MS = 1000

const skewMs = (version: number, intervalMs: number): number =>
  ((256 - PRIORITY) * (version === 2 ? 1000 : intervalMs)) / 256
const masterDownMs = (version: number, intervalMs: number): number => 3 * intervalMs + skewMs(version, intervalMs)
/** Log times are whole milliseconds of another clock. */
const CLOCKS_DIFFER_MS = 2

/** Discarded, whatever priority it names; by the reason that is counted. */
const discardedIn = (version: 2 | 3): readonly (readonly [string, Partial<RawAdvert>, string])[] => [
  ['rule 1: a TTL of 254', { ttl: 254 }, 'ttl'],
  ['rule 2: type 2', { type: 2 }, 'type'],
  ['rule 3: a wrong checksum', { checksum: 'wrong' }, 'checksum'],
  ['rule 4: no address', { addresses: [] }, 'count'],
  ['rule 4: one address less than it says', { count: 2 }, 'length'],
  ['rule 4: 255 addresses that are not there', { count: 255 }, 'length'],
  ['rule 4: cut off', { lengthen: -4 }, 'length'],
  ['rule 4: four bytes too many', { lengthen: 4 }, 'length'],
  ['rule 4: version 4', { version: 4 }, 'version'],
  ['rule 4: the other version', { version: version === 2 ? 3 : 2 }, 'version'],
  ['rule 4: another VRID', { virtualRouterId: 52 }, 'vrid'],
  ...(version === 2
    ? ([
        ['rule 2: a password', { authType: 1 }, 'auth'],
        ['rule 5: another interval', { intervalCs: 200 }, 'interval'],
      ] as const)
    : ([['rule 2: an interval of 0', { intervalCs: 0 }, 'interval']] as const)),
]

/** Odd, but to be obeyed. */
const acceptedIn = (version: 2 | 3): readonly (readonly [string, Partial<RawAdvert>])[] => [
  ['rule 4: IP options (IHL > 5)', { options: Uint8Array.of(1, 1, 1, 0) }],
  ['rule 4: Ethernet padding', { padding: 22 }],
  ['rule 4: 255 addresses', { addresses: Array.from({ length: 255 }, (_, index) => `10.88.2.${index}`) }],
  ['rule 5: another list of addresses', { addresses: ['10.88.0.77'] }],
  ...(version === 3
    ? ([
        ['rule 2: reserved bits', { reserved: 15 }],
        ['rule 3: a checksum without the pseudo-header', { checksum: 'message' }],
      ] as const)
    : []),
]

const ordinary: readonly WireOptions[] = [
  { version: 2, priority: PRIORITY, ownIntervalMs: 1000 },
  { version: 3, priority: PRIORITY, ownIntervalMs: 100 },
]

/** The steps build on each other: one gateway, started in Backup, to its end. */
function steps(options: WireOptions, create: () => Promise<WireBench>): void {
  const { version, ownIntervalMs } = options
  let bench: WireBench
  let startedAtMs = 0

  test('rule 9: starts in Backup, silent for a full Master_Down_Interval', async () => {
    bench = await create()
    bench.startGateway()
    const { atMs } = await bench.logged('Entering BACKUP STATE')
    const first = await bench.peer.first('vrrp', 0)
    expect(first.atMs - atMs).toBeGreaterThanOrEqual(masterDownMs(version, ownIntervalMs) - CLOCKS_DIFFER_MS)
    startedAtMs = first.atMs
  })

  test('rule 18: the advert first, then gratuitous ARP for the VIP, in bursts', async () => {
    const arp = await bench.peer.first('arp', 0, ({ sender }) => sender === VIP)
    expect(arp.atMs).toBeGreaterThanOrEqual(startedAtMs)
    expect(bench.peer.seen.indexOf(arp)).toBeGreaterThan(bench.peer.seen.findIndex(({ kind }) => kind === 'vrrp'))
    expect(arp).toMatchObject({ operation: 1, target: VIP, destinationMac: BROADCAST_MAC })
    const gratuitous = () => bench.peer.arps(0).filter(({ sender, target }) => sender === VIP && target === VIP)
    await until(
      () => gratuitous().length >= 6,
      15_000,
      () => `two bursts: ${gratuitous().length} frames`,
    )
    expect(new Set(gratuitous().map(({ senderMac }) => senderMac)).size).toBe(1)
  })

  test('rules 1, 2, 3, 6: an advert is to the group with TTL 255, from the primary address, byte for byte', () => {
    const [advert] = bench.peer.adverts(0)
    const { destinationMac, source, destination, ttl, headerLength, message } = advert!
    expect({ destinationMac, source, destination, ttl, headerLength }).toEqual({
      destinationMac: GROUP_MAC,
      source: OWN,
      destination: GROUP,
      ttl: 255,
      headerLength: 20,
    })
    const interval = version === 2 ? '0001' : '000a'
    const authData = version === 2 ? '0000000000000000' : ''
    expect(message.toString('hex').replace(/^(.{12}).{4}/, '$1____')).toBe(
      `${version}1336401${interval}____0a58000a${authData}`,
    )
    const covered = version === 3 ? [pseudoHeader(OWN, GROUP, message.length)] : []
    expect(internetChecksum(...covered, message)).toBe(0)
  })

  test('rules 1 to 5: what is malformed or not ours is discarded and counted, and changes nothing', async () => {
    await bench.inState('MASTER')
    const cases = discardedIn(version)
    const before = await bench.discarded()
    await bench.peer.send(...cases.map(([, wrong]) => bench.advert(200, wrong)))
    const expected: Record<string, number> = { ...before }
    for (const [, , reason] of cases) expected[reason] = (expected[reason] ?? 0) + 1
    let counted: Record<string, number> = {}
    await until(
      async () => {
        counted = await bench.discarded()
        return JSON.stringify(Object.entries(counted).sort()) === JSON.stringify(Object.entries(expected).sort())
      },
      10_000,
      () => `discarded ${JSON.stringify(counted)}, not ${JSON.stringify(expected)}`,
    )
    expect(await bench.state()).toBe('MASTER')
    expect((await bench.node.status())!.vrrp.transitions).toBe(1)
  })

  test('rule 6: an advert with our own source is ignored', async () => {
    const before = await bench.discarded()
    await bench.peer.send(bench.advert(200, { source: OWN }), bench.advert(200, { ttl: 1 }))
    // What was sent after it has been looked at, so it has too.
    const after = { ...before, ttl: (before.ttl ?? 0) + 1 }
    await until(async () => (await bench.discarded()).ttl === after.ttl, 10_000, 'the advert after it discarded')
    expect(await bench.discarded()).toEqual(after)
    expect(await bench.state()).toBe('MASTER')
  })

  /** Sends it, and again as soon as an advert has come; when the first and the last were sent. */
  async function answeredTwentyTimes(advert: ReturnType<WireBench['advert']>): Promise<readonly [number, number]> {
    const sentAtMs: number[] = []
    for (let count = 1; count <= 20; count++) {
      sentAtMs.push(await bench.peer.send(advert))
      await bench.peer.first('vrrp', sentAtMs.at(-1)!)
    }
    return [sentAtMs[0]!, sentAtMs.at(-1)!]
  }

  test('rule 15: each priority 0 is answered by an advert at once, and the timer starts anew', async () => {
    const [firstAtMs, lastAtMs] = await answeredTwentyTimes(bench.advert(0))
    // By the clock of the advert timer alone these would have been twenty intervals.
    expect(lastAtMs - firstAtMs).toBeLessThan(19 * ownIntervalMs)
    const answer = await bench.peer.first('vrrp', lastAtMs)
    const next = await bench.peer.first('vrrp', answer.atMs + 0.001)
    expect(next.atMs - lastAtMs).toBeGreaterThanOrEqual(ownIntervalMs)
    expect(await bench.state()).toBe('MASTER')
  })

  test.each([
    ['a lower priority', { priority: 99 }],
    ['an equal one of a lower address (numerically)', { priority: PRIORITY, source: LOWER_ADDRESS }],
  ])('rule 17: %s is answered by an advert at once; rule 16: it stays master', async (_, losing) => {
    const [firstAtMs] = await answeredTwentyTimes(bench.advert(99, losing))
    const heard = bench.peer.adverts(firstAtMs)
    expect(heard.at(-1)!.atMs - firstAtMs).toBeLessThan(19 * ownIntervalMs)
    expect(heard.length).toBeGreaterThanOrEqual(20)
    expect(await bench.state()).toBe('MASTER')
  })

  test('rule 17: the winner of a healed split sends gratuitous ARP again', async () => {
    // The bursts of the takeover are over: 15 frames, the last 2.5 s after the first.
    const gratuitous = () => bench.peer.arps(0).filter(({ sender, target }) => sender === VIP && target === VIP)
    const until15 = () => gratuitous().length >= 15
    await until(until15, 15_000, () => `three bursts: ${gratuitous().length} frames`)
    const sentAtMs = await bench.peer.send(bench.advert(50))
    await bench.peer.first('arp', sentAtMs, ({ sender, target }) => sender === VIP && target === VIP)
  })

  test.each(acceptedIn(version))('%s: obeyed', async (_, odd) => {
    await bench.promote()
    await bench.peer.send(bench.advert(200, odd))
    await bench.inState('BACKUP')
    expect((await bench.node.status())!.vrrp.masterIp).toBe(PEER)
  })

  test('rule 10: priority 0 is followed after the skew, not at once and not after Master_Down_Interval', async () => {
    await bench.promote()
    await bench.peer.send(bench.advert(200))
    await bench.inState('BACKUP')
    const sentAtMs = await bench.peer.send(bench.advert(200), bench.advert(0))
    const first = await bench.peer.first('vrrp', sentAtMs)
    expect(first.atMs - sentAtMs).toBeGreaterThanOrEqual(skewMs(version, PEER_INTERVAL_MS))
    expect(first.atMs - sentAtMs).toBeLessThan(masterDownMs(version, PEER_INTERVAL_MS))
    await bench.inState('MASTER')
  })

  test('rule 16: between equals the higher address wins', async () => {
    await bench.peer.send(bench.advert(PRIORITY))
    await bench.inState('BACKUP')
    expect((await bench.node.status())!.vrrp.masterIp).toBe(PEER)
    const backupAtMs = await bench.peer.send(bench.advert(PRIORITY))
    await pause(2 * ownIntervalMs)
    await bench.peer.send(bench.advert(PRIORITY))
    expect(bench.peer.adverts(backupAtMs)).toEqual([])
  })

  test('rule 14: a backup answers no ARP for the VIP and takes no packet for it', async () => {
    const { peer } = bench
    await peer.send(bench.advert(200))
    const question = (target: string) => arpQuestion(peer.mac, PEER, target)
    const askedAtMs = await peer.sendFrames(question(VIP), question(OWN))
    const answer = await peer.first('arp', askedAtMs, ({ operation, sender }) => operation === 2 && sender === OWN)
    const macs = { from: peer.mac, to: answer.senderMac }
    const pingedAtMs = await peer.sendFrames(ping(macs, PEER, VIP), ping(macs, PEER, OWN))
    await peer.first('icmp', pingedAtMs, ({ source, type }) => source === OWN && type === 0)
    const ofVip = peer.seen.filter((seen) => seen.atMs >= askedAtMs && 'sender' in seen && seen.sender === VIP)
    expect(ofVip).toEqual([])
    expect(peer.seen.filter((seen) => seen.kind === 'icmp' && seen.source === VIP)).toEqual([])
  })

  test('rules 7, 8, 11: silence is waited out from the last higher advert on; a lower one neither shortens nor prolongs it', async () => {
    const sentAtMs = await bench.peer.send(bench.advert(200))
    const waitMs = masterDownMs(version, PEER_INTERVAL_MS)
    await pause(0.75 * waitMs)
    const lowerAtMs = await bench.peer.send(bench.advert(50))
    const first = await bench.peer.first('vrrp', sentAtMs)
    expect(first.atMs - sentAtMs).toBeGreaterThanOrEqual(waitMs)
    expect(first.atMs - lowerAtMs).toBeLessThan(waitMs)
    await bench.inState('MASTER')
  })

  test('rule 14: the master answers ARP for the VIP with its own MAC', async () => {
    const askedAtMs = await bench.peer.sendFrames(arpQuestion(bench.peer.mac, PEER, VIP))
    const answer = await bench.peer.first(
      'arp',
      askedAtMs,
      ({ operation, sender }) => operation === 2 && sender === VIP,
    )
    expect(answer.senderMac).toBe(bench.node.namespace.ip('link', 'show', 'eth0').match(/ether (\S+)/)?.[1])
  })

  test('rule 19: stopped as master it sends priority 0, then gives up the VIP', async () => {
    await bench.inState('MASTER')
    const orderedAtMs = await bench.peer.sendFrames()
    await bench.node.stopGateway('SIGTERM')
    await bench.peer.first('vrrp', orderedAtMs, ({ priority }) => priority === 0)
    expect(bench.peer.adverts(0).at(-1)!.priority).toBe(0)
    expect(bench.node.holdsVip()).toBe(false)
  })

  test('rule 19: stopped as backup it sends nothing', async () => {
    bench.startGateway()
    await until(async () => (await bench.state()) !== 'unreachable', 20_000, 'its status')
    await bench.peer.send(bench.advert(200))
    await bench.inState('BACKUP')
    await bench.peer.send(bench.advert(200))
    const orderedAtMs = await bench.peer.sendFrames()
    await bench.node.stopGateway('SIGTERM')
    // Its answer comes after all that has arrived.
    await bench.peer.sendFrames()
    expect(bench.peer.adverts(orderedAtMs)).toEqual([])
  })
}

describeInNamespaces('VRRP on the wire', {}, (namespaces) => {
  const benches: WireBench[] = []
  afterAll(async () => {
    await namespaces.close()
    for (const bench of benches) bench.group.close()
  })

  // The versions beside each other, the steps of each in their order.
  describe.concurrent.each(ordinary)('version $version', (options) => {
    const create = async (): Promise<WireBench> => {
      const bench = await WireBench.create(namespaces, options)
      benches.push(bench)
      return bench
    }
    describe('a gateway', { concurrent: false }, () => steps(options, create))
  })
})
