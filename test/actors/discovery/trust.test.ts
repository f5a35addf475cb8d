import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BeaconEnvelope, type BeaconSender, sealBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { packBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'
import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { beaconNodeOf } from '../../runtime/wire/beacon/beacon-node.ts'
import { type Frame, SimulatedGroup } from './simulated-group.ts'

const [A, B, STRANGER] = ['10.10.74.70', '10.10.74.86', '10.10.74.99'] as const

function settled(): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of [A, B]) group.add(address)
  group.elect(A)
  group.run(4500)
  return group
}

const node = beaconNodeOf({ name: 'stranger', mac: '02:00:00:00:00:63', forwarding: 'workers' })

const envelopeOf = (group: SimulatedGroup) => group.envelopeFor(A)

/** A report to A as a node would send it, but for what a test changes. */
function report(
  envelope: BeaconEnvelope,
  sender: Partial<BeaconSender> = {},
  sequence = 1,
  said: Partial<BeaconNode> = {},
): Uint8Array {
  const settings = { virtualIps: '10.10.74.74/24' }
  const body = packBeaconBody({
    type: 'report',
    generation: 0,
    leaving: false,
    settingsDigest: '0000000000000000',
    settings,
    node: { ...node, ...said },
    missed: [],
  })
  const full = {
    address: STRANGER,
    virtualRouterId: 51,
    epoch: 'aaaaaaaaaaaaaaaa',
    key: 'secret',
    version: 5,
    ...sender,
  }
  return sealBeacon('report', body, sequence, full, envelope)[0]!
}

/** What a director makes of one packet: its members after, and what it counted more than before. */
function given(payload: (envelope: BeaconEnvelope) => Uint8Array, source: string = STRANGER, ttl = 255) {
  const group = settled()
  const before = group.describe(A).counters
  group.inject(source, A, payload(envelopeOf(group)), ttl)
  group.run(5)
  const { members, counters } = group.describe(A)
  const more = Object.keys(counters).filter((name) => counters[name] !== before[name])
  return { members: members.map(({ address }) => address), counted: more, shares: group.shares(A) }
}

describe('a beacon of a stranger', () => {
  it('is believed when it is as it should be', () => {
    const { members, shares } = given((envelope) => report(envelope))
    expect(members).toEqual([A, B, STRANGER])
    expect(shares[STRANGER]).toBe(1365)
  })

  it.each([
    ['has another key', (to: BeaconEnvelope) => report(to, { key: 'another' }), STRANGER, 'wrongHmac'],
    ['has no key', (to: BeaconEnvelope) => report(to, { key: null }), STRANGER, 'unauthenticated'],
    [
      'is of another virtual router',
      (to: BeaconEnvelope) => report(to, { virtualRouterId: 52 }),
      STRANGER,
      'otherVirtualRouter',
    ],
    ['is of another version', (to: BeaconEnvelope) => report(to).with(2, 9), STRANGER, 'unknownVersion'],
    ['is of the version before', (to: BeaconEnvelope) => report(to).with(2, 4), STRANGER, 'unknownVersion'],
    ['comes from another address than it says', (to: BeaconEnvelope) => report(to), '10.10.74.98', 'wrongSource'],
    ['is longer than any beacon', () => new Uint8Array(1401), STRANGER, 'oversize'],
    ['is cut short', (to: BeaconEnvelope) => report(to).subarray(0, 20), STRANGER, 'truncated'],
    ['is no beacon', () => new Uint8Array(100), STRANGER, 'notABeacon'],
    ['has a body that is none', (to: BeaconEnvelope) => sealed(Uint8Array.of(0xc1), to), STRANGER, 'malformedBody'],
    ['is a fragment without those before', fragmentAlone, STRANGER, 'brokenFragments'],
    ['comes from our own address', (to: BeaconEnvelope) => report(to), A, 'looped'],
    ['comes from outside the subnet', (to: BeaconEnvelope) => report(to), '11.0.0.1', 'outsideSubnet'],
    [
      'was sent to another node',
      (to: BeaconEnvelope) => report({ ...to, destination: B }),
      STRANGER,
      'wrongDestination',
    ],
    ['names nobody', (to: BeaconEnvelope) => report({ ...to, audience: new Map() }), STRANGER, 'notForUs'],
    [
      'names another start of this node',
      (to: BeaconEnvelope) => report(renamed(to, 'cccccccccccccccc')),
      STRANGER,
      'notForUs',
    ],
  ])('is dropped and counted when it %s', (_, payload, source, counter) => {
    const { members, counted } = given(payload, source)
    expect(members).toEqual([A, B])
    expect(counted.filter((name) => !/sendersHeard|Sent$/.test(name))).toEqual([counter])
  })

  it('is dropped and counted when a router has passed it on', () => {
    expect(given(report, STRANGER, 254)).toMatchObject({ members: [A, B], counted: ['routed'] })
  })

  it('is dropped and counted when it is no whole IPv4 packet of protocol 253', () => {
    const group = settled()
    const packet = (protocol: number) =>
      emitIpv4Packet({ source: STRANGER, destination: A, protocol, ttl: 255, payload: report(envelopeOf(group)) })
    const whole = packet(253)
    for (const bad of [whole.subarray(0, 10), packet(112), Uint8Array.from(whole).fill(0x20, 6, 7)]) {
      group.tell(A, { type: 'packet', protocol: 253, packet: bad, receivedAtMs: 0, serial: 0 })
    }
    expect(group.counter(A, 'malformedPacket')).toBe(3)
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok' })
  })

  it('is dropped and counted when it assigns slots and comes from no director', () => {
    const group = settled()
    const before = [group.shares(A), group.shares(B)]
    const body = packBeaconBody({
      type: 'assignment',
      generation: 9,
      nodes: [STRANGER],
      slots: new Uint8Array(4096),
      tied: [],
    })
    const sender = { address: STRANGER, virtualRouterId: 51, epoch: 'aaaaaaaaaaaaaaaa', key: 'secret', version: 5 }
    const audience = new Map([A, B].flatMap((address) => [...group.envelopeFor(address).audience]))
    const toAll = { destination: '255.255.255.255', audience }
    for (const packet of sealBeacon('assignment', body, 1, sender, toAll))
      group.inject(STRANGER, '255.255.255.255', packet)
    group.run(5)
    expect([group.counter(A, 'assignmentNotFollowed'), group.counter(B, 'assignmentNotFollowed')]).toEqual([1, 1])
    expect([group.shares(A), group.shares(B)]).toEqual(before)
  })

  it('is dropped without harm, whatever it holds', () => {
    const group = settled()
    const key = fc.constantFrom('secret', 'another')
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 1344 }),
        fc.constantFrom('hello', 'report', 'assignment'),
        key,
        (body, type, by) => {
          const sender = { address: STRANGER, virtualRouterId: 51, epoch: 'aaaaaaaaaaaaaaaa', key: by, version: 5 }
          for (const packet of sealBeacon(type, body, 1, sender, envelopeOf(group))) group.inject(STRANGER, A, packet)
          group.run(2)
          expect(Object.keys(group.health(A))).toEqual([A, B])
        },
      ),
      { numRuns: 300 },
    )
  })
})

const strangers = { address: STRANGER, virtualRouterId: 51, epoch: 'aaaaaaaaaaaaaaaa', key: 'secret', version: 5 }
const sealed = (body: Uint8Array, to: BeaconEnvelope) => sealBeacon('report', body, 1, strangers, to)[0]!
const fragmentAlone = (to: BeaconEnvelope) => sealBeacon('assignment', new Uint8Array(2000), 1, strangers, to)[1]!

/** The same node, as it was at another start or at another packet. */
function renamed({ destination, audience }: BeaconEnvelope, epoch?: string, sequence?: number): BeaconEnvelope {
  const marks = [...audience].map(([address, mark]) => {
    return [address, { epoch: epoch ?? mark.epoch, sequence: sequence ?? mark.sequence }] as const
  })
  return { destination, audience: new Map(marks) }
}

describe('a beacon that was recorded', () => {
  const recordedOf = (group: SimulatedGroup, source: string): Frame[] =>
    group.frames.filter((frame) => frame.source === source && frame.destination === A)

  it('changes nothing when it is played back', () => {
    const group = settled()
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    for (const frame of recordedOf(group, B)) group.transmit(frame)
    group.run(10)
    expect(group.health(A)[B]).toBe('failure')
    expect(group.counter(A, 'replay')).toBe(recordedOf(group, B).length)
  })

  it('does not keep a dead node alive', () => {
    const group = settled()
    const recorded = recordedOf(group, B)
    group.kill(B)
    for (let ms = 0; ms < 4000; ms += 500) {
      for (const frame of recorded) group.transmit(frame)
      group.run(500)
    }
    expect(group.health(A)[B]).toBe('stale')
  })

  it('is not believed after its sender has started anew, nor shuts the new one out', () => {
    const group = settled()
    const recorded = recordedOf(group, B)
    group.kill(B)
    group.run(2000)
    group.restart(B)
    group.assume(B, A)
    group.run(2000)
    for (const frame of recorded) group.transmit(frame)
    group.run(10)
    expect(group.counter(A, 'supersededEpoch')).toBe(recorded.length)
    group.run(20_000)
    expect(group.health(A)[B]).toBe('ok')
    expect(group.describe(A).members.find(({ address }) => address === B)?.lastSeenMs).toBeLessThan(1100)
  })

  it('of a start that nobody remembers does not shut out the node that is alive', () => {
    const group = settled()
    const old = renamed(envelopeOf(group), undefined, 1)
    group.inject(B, A, report(old, { address: B, epoch: 'bbbbbbbbbbbbbbbb' }, 1000, { monitor: 'failure' }))
    group.run(10)
    expect(group.counter(A, 'supersededEpoch') + group.counter(A, 'notForUs')).toBe(1)
    group.run(3000)
    expect(group.health(A)[B]).toBe('ok')
  })

  it('cannot make a director of a scanning node when it is a hello', () => {
    const group = settled()
    group.elect(B)
    group.run(5000)
    const hellos = group.frames.filter((frame) => frame.source === A && frame.destination === '255.255.255.255')
    for (const frame of hellos) group.transmit(frame)
    group.run(10)
    expect(group.warnings(A)).toEqual([])
    expect(group.health(B)).toEqual({ [A]: 'ok', [B]: 'ok' })
    expect(hellos.length).toBeGreaterThan(3)
    expect(group.counter(B, 'replay')).toBe(hellos.length)
  })
})

describe('a flood of strangers', () => {
  it('fills the group up to 64 nodes; the others are dropped, counted and warned of', () => {
    const group = settled()
    for (let host = 1; host <= 65; host++) {
      const address = `10.10.75.${host}`
      const said = { name: `node-${host + 100}`, mac: `02:00:00:00:75:${host.toString(16).padStart(2, '0')}` }
      group.inject(address, A, report(envelopeOf(group), { address }, 1, said))
    }
    group.run(10)
    expect(group.describe(A).members).toHaveLength(64)
    expect(group.counter(A, 'tooManyNodes')).toBe(3)
    expect(group.warnings(A)).toContain('more than 64 nodes are heard: the others are ignored')
    expect(Object.keys(group.shares(A))).toHaveLength(64)
  })

  it('is remembered up to 128 senders', () => {
    const group = settled()
    for (let host = 0; host < 500; host++) {
      const address = `10.11.${host >> 8}.${host & 255}`
      const said = { name: `node-${host + 100}`, mac: `02:00:00:00:75:${host.toString(16).padStart(2, '0')}` }
      group.inject(address, A, report(envelopeOf(group), { address }, 1, said))
    }
    group.run(10)
    expect(group.counter(A, 'sendersHeard')).toBe(128)
  })
})
