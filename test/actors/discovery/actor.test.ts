import { describe, expect, it } from 'vitest'
import { startDiscovery } from '../../../actors/discovery/actor.ts'
import type { DiscoveryControl, DiscoveryMessage } from '../../../actors/discovery/messages.ts'
import type { DiscoveryOptions } from '../../../actors/discovery/options.ts'
import type { DiscoveryPeers } from '../../../actors/discovery/state.ts'
import type { RawIpMessage } from '../../../actors/raw-ip/messages.ts'
import type { ActorContext, ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { type BeaconFragment, openBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeDrainMark } from '../../fakes/drain-mark.ts'
import { SeededRandom } from '../../fakes/random.ts'

const ADDRESS = '10.10.74.70'
const instance51 = { type: 'role', instance: 'VI_51', virtualIps: [] } as const

/** A director's discovery, on a clock that moves when it is told to. */
function started(seed = 1, drainMark = new FakeDrainMark()) {
  const clock = new FakeClock()
  const sent: { readonly to: string; readonly message: DiscoveryPeers[keyof DiscoveryPeers] }[] = []
  const context: ActorContext<DiscoveryPeers> = {
    name: 'discovery',
    incarnation: 0,
    clock,
    random: new SeededRandom(seed),
    send: (to, message) => sent.push({ to, message }),
    request: () => Promise.reject(new Error('nobody answers')),
    log: () => undefined,
    inspect: () => undefined,
    observer: undefined,
    guard: (call) => call,
    control: () => undefined,
  }
  const options: DiscoveryOptions = {
    name: 'jupiter',
    managementIp: ADDRESS,
    managementPrefixLength: 24,
    mac: '02:00:00:00:00:46',
    capacity: 100,
    virtualRouterId: 51,
    instances: [{ name: 'VI_51', family: 'ipv4', virtualRouterId: 51, priority: 99 }],
    electors: ['elector'],
    keys: ['secret'],
    insecure: false,
    tellsFastPath: false,
    resetsOnFailure: false,
    intervalMs: 1000,
    staleAfterIntervals: 3,
    drainMark: '/run/test.draining',
    settings: {},
  }
  const instance = startDiscovery(context, options, { drainMark }) as ActorInstance<DiscoveryMessage>
  const give = (message: DiscoveryMessage) => instance.receive(message, 'test')
  give({ type: 'monitor', state: 'ok', failedPorts: [] })
  give({ ...instance51, role: 'director', masterAddress: ADDRESS, masterPriority: 99 })
  const beacons = (): BeaconFragment[] =>
    sent
      .filter(({ to, message }) => to === 'raw-ip' && message.type === 'send')
      .map(({ message }) => {
        const { payload } = message as Extract<RawIpMessage, { type: 'send' }>
        const opened = openBeacon(payload, 51, ['secret'])
        if (!opened.ok) throw new Error(opened.reason)
        return opened.fragment
      })
  return { clock, sent, instance, give, beacons, control: instance.control as DiscoveryControl }
}

describe('discovery', () => {
  it('says hello once an interval, with sequences that rise, while it is director', () => {
    const { clock, beacons } = started()
    clock.advance(5000)
    expect(beacons().map(({ type }) => type)).toEqual(new Array(6).fill('hello'))
    expect(beacons().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('has another epoch at each start', () => {
    const [one, two] = [started(1).beacons()[0]!, started(2).beacons()[0]!]
    expect(one.epoch).toMatch(/^[0-9a-f]{16}$/)
    expect(two.epoch).not.toBe(one.epoch)
  })

  it('tells the dispatcher the members at once, every interval, and when that comes up', () => {
    const { clock, sent, instance } = started()
    const told = () => sent.filter(({ to, message }) => to === 'dispatcher' && message.type === 'membership').length
    const atOnce = told()
    expect(atOnce).toBeGreaterThan(0)
    clock.advance(3000)
    expect(told()).toBe(atOnce + 3)
    instance.peerUp?.('dispatcher')
    expect(told()).toBe(atOnce + 4)
  })

  it.each(['director', 'initializing'] as const)('says goodbye to all when it is stopped as %s', (role) => {
    const { instance, give, beacons } = started()
    give({ ...instance51, role, masterAddress: null, masterPriority: null })
    instance.stop?.()
    const last = beacons().at(-1)!
    expect(parseBeaconBody(last.type, last.body)).toMatchObject({ type: 'hello', leaving: true })
  })

  it('counts what could not be sent', () => {
    const { give, control } = started()
    give({ type: 'sendFailed', confirm: 1, reason: 'ENETDOWN' })
    expect(control.describe().counters.sendFailed).toBe(1)
    expect(control.describe().members).toMatchObject([
      { address: ADDRESS, name: 'jupiter', self: true, director: true },
    ])
  })
})
