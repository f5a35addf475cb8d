import { expect, test } from 'vitest'
import type { RoleMessage } from '../../../actors/elector/messages.ts'
import { step } from '../../../actors/fast-path/machine.ts'
import type { ForwardingMessage } from '../../../actors/fast-path/messages.ts'
import {
  type FastPathEffect,
  type FastPathEvent,
  type FastPathState,
  type FastPathTimer,
  type FoundTables,
  initialFastPath,
  type Look,
} from '../../../actors/fast-path/state.ts'
import type { NetworkInterface } from '../../../runtime/ports/netlink.ts'
import { done, refused } from '../../../runtime/ports/result.ts'

const VIP = '10.0.0.5'
const OWN = '02:00:00:00:00:01'
const OTHER = '02:00:00:00:00:02'

/** A fast path that is stepped by hand. What it asks of the shell waits in `asked` until it is answered. */
class Stepped {
  state: FastPathState = initialFastPath({
    interfaceName: 'eth0',
    managementIp: '10.0.0.1',
    virtualIps: [VIP],
    redirects: [{ originalPorts: [80], proxyPort: 3128 }],
    pinTimeoutS: 600,
    tableSize: 1024,
  })
  asked: FastPathEffect[] = []
  readonly lines: string[] = []

  give(event: FastPathEvent): this {
    const { state, effects } = step(this.state, event, 0)
    this.state = state
    this.asked.push(...effects)
    this.lines.push(...effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : [])))
    return this
  }

  /** The one effect of that type that was asked for since `take` last took one. */
  take<Type extends FastPathEffect['type']>(type: Type): Extract<FastPathEffect, { type: Type }> | undefined {
    const at = this.asked.findIndex((effect) => effect.type === type)
    return at < 0 ? undefined : (this.asked.splice(at, 1)[0] as Extract<FastPathEffect, { type: Type }>)
  }

  expire(timer: FastPathTimer): this {
    const generation = this.state.timers[timer]
    if (generation === undefined) throw new Error(`${timer} does not run`)
    return this.give({ type: 'timerExpired', timer, generation })
  }

  /** Started on a host where `found` was there; the group is known, and this node is none of its directors. */
  started(found: FoundTables = { present: false, pins: [] }): this {
    this.give({ type: 'start' })
      .give({ type: 'looked', look: lookOf({ missing: [VIP] }) })
      .take('findTables')
    return this.give({ type: 'tablesFound', found: { ok: true, value: found } })
  }

  /** As a node of a group; everything that was asked for is applied. */
  running(): this {
    this.started().give(role('scanning')).give(group())
    return this.settle()
  }

  /** Answers what is asked until nothing is. */
  settle(): this {
    for (;;) {
      if (this.take('apply')) this.give({ type: 'applied', result: done })
      else if (this.take('outline')) this.give(outlined('the tables'))
      else if (this.take('putAddresses')) this.give({ type: 'addressesPut', refusals: [] })
      else return this
    }
  }
}

const device = (change: Partial<NetworkInterface> = {}): NetworkInterface => ({
  index: 2,
  name: 'eth0',
  mac: OWN,
  mtu: 1500,
  up: true,
  addresses: [],
  ...change,
})

const lookOf = (change: Partial<Look> = {}): Look => ({
  generation: { ok: true, value: 7 },
  device: { ok: true, value: device() },
  missing: [],
  ...change,
})

const outlined = (text: string, generation = 7): FastPathEvent => ({
  type: 'outlined',
  generation,
  outline: { ok: true, value: text },
})

const role = (is: RoleMessage['role']): RoleMessage => ({
  type: 'role',
  instance: 'VI_51',
  virtualIps: [VIP],
  role: is,
  masterAddress: null,
  masterPriority: null,
})

const group = (change: Partial<ForwardingMessage> = {}): ForwardingMessage => ({
  type: 'forwarding',
  generation: 3,
  nodes: [
    { address: '10.0.0.1', mark: 1, mac: '', self: true, eligible: true },
    { address: '10.0.0.2', mark: 2, mac: OTHER, self: false, eligible: true },
  ],
  slots: new Uint8Array(4096).fill(2),
  ...change,
})

test('the first transaction is the whole ruleset, and the addresses on lo follow it: before, lo would answer ARP', () => {
  const fastPath = new Stepped().started().give(role('scanning'))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(group())
  expect(fastPath.take('apply')?.script).toMatch(
    /table netdev proxyha \{[\s\S]*duties4 \{ 10\.0\.0\.5 : goto serve4 \}/,
  )
  expect(fastPath.take('putAddresses')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done })
  expect(fastPath.take('putAddresses')?.addresses).toEqual([VIP])
})

test('a takeover changes what it must: the role, not the table', () => {
  const fastPath = new Stepped().running().give(role('director'))
  const script = fastPath.take('apply')?.script
  expect(script).toContain('10.0.0.5 : goto direct4')
  expect(script).not.toMatch(/delete table|slots/)
})

test('one transaction at a time: what is wished meanwhile follows it, the newest only', () => {
  const fastPath = new Stepped().running().give(role('director'))
  expect(fastPath.take('apply')).toBeDefined()
  fastPath
    .give(role('scanning'))
    .give(role('director'))
    .give(group({ slots: new Uint8Array(4096).fill(1) }))
  fastPath.give(group())
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.state.counters).toEqual({ applied: 2 })
})

test('nothing to change, nothing applied', () => {
  const fastPath = new Stepped()
    .running()
    .give(group({ generation: 4 }))
    .give(role('scanning'))
  expect(fastPath.take('apply')).toBeUndefined()
})

test('a refusal: the tables are read, then replaced as a whole, later and later, with a warning until it succeeds', () => {
  const fastPath = new Stepped().running()
  const delays: (number | undefined)[] = []
  fastPath.give(role('director'))
  for (let attempt = 0; attempt < 8; attempt++) {
    fastPath.take('apply')
    fastPath.asked = []
    fastPath.give({ type: 'applied', result: refused('EREJECTED', 'no such table') })
    delays.push(fastPath.take('startTimer')?.delayMs)
    expect(fastPath.take('findTables')).toBeUndefined()
    fastPath.expire('retry')
    expect(fastPath.take('findTables')).toBeDefined()
    fastPath.give({ type: 'tablesFound', found: { ok: true, value: { present: false, pins: [] } } })
  }
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  expect([...fastPath.state.problems.values()]).toEqual([expect.stringContaining('no such table')])
  expect(fastPath.take('apply')?.script).toContain('table netdev proxyha {')
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.state.problems.size).toBe(0)
})

test("a predecessor's table forwards on until this process knows the group, or for ten seconds", () => {
  const found = { present: true, pins: [] }
  const fastPath = new Stepped()
    .started(found)
    .give(role('scanning'))
    .give(group({ generation: 0, nodes: [] }))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(group())
  expect(fastPath.take('apply')).toBeDefined()

  const lonely = new Stepped()
    .started(found)
    .give(role('scanning'))
    .give(group({ generation: 0, nodes: [] }))
  expect(lonely.asked).toContainEqual(expect.objectContaining({ timer: 'patience', delayMs: 10_000 }))
  expect(lonely.expire('patience').take('apply')).toBeDefined()
})

test('pins of a predecessor stay with the node that has the MAC, whatever its number is now', () => {
  const pins = [
    { client: '10.0.9.1', mac: OTHER, expiresS: 30 },
    { client: '10.0.9.2', mac: OWN, expiresS: 40 },
    { client: '10.0.9.3', mac: '02:00:00:00:00:77', expiresS: 50 },
  ]
  const fastPath = new Stepped().started({ present: true, pins }).give(role('director')).give(group())
  const script = fastPath.take('apply')?.script
  expect(script).toMatch(/10\.0\.9\.1 timeout 600s expires 30s : 2/)
  expect(script).toMatch(/10\.0\.9\.2 timeout 600s expires 40s : 1/)
  expect(script).not.toContain('10.0.9.3')
})

test('somebody else changed our tables: restored as a whole, and said; a change of other tables is none', () => {
  const fastPath = new Stepped().running()
  fastPath.give({ type: 'looked', look: lookOf({ generation: { ok: true, value: 8 } }) })
  expect(fastPath.take('outline')).toBeDefined()
  fastPath.give(outlined('the tables', 8))
  expect([fastPath.take('findTables'), fastPath.take('apply')]).toEqual([undefined, undefined])

  fastPath.give({ type: 'looked', look: lookOf({ generation: { ok: true, value: 9 } }) })
  fastPath.give(outlined('', 9))
  expect(fastPath.lines.at(-1)).toMatch(/something else changed the nftables tables.*eth0/)
  expect(fastPath.take('findTables')).toBeDefined()
  fastPath.give({ type: 'tablesFound', found: { ok: true, value: { present: false, pins: [] } } })
  expect(fastPath.take('apply')?.script).toContain('table netdev proxyha {')
})

test('a table that is gone before it was first looked at is restored as well', () => {
  const fastPath = new Stepped().started().give(role('scanning')).give(group())
  fastPath.take('apply')
  fastPath.give({ type: 'applied', result: done })
  expect(fastPath.take('outline')).toBeDefined()
  expect(fastPath.give(outlined('')).take('findTables')).toBeDefined()
})

test('an interface that was made anew has no chains of ours; another MAC is a change', () => {
  const fastPath = new Stepped().running()
  fastPath.give({ type: 'looked', look: lookOf({ device: { ok: true, value: device({ mac: '02:00:00:00:00:09' }) } }) })
  expect(fastPath.take('apply')?.script).toContain('02:00:00:00:00:09')
  fastPath.give({ type: 'applied', result: done }).settle()
  fastPath.give({ type: 'looked', look: lookOf({ device: refused('ENODEV', 'there is no eth0') }) })
  expect([...fastPath.state.problems.values()]).toEqual(['eth0: there is no eth0'])
  fastPath.give({ type: 'looked', look: lookOf({ device: { ok: true, value: device({ index: 3 }) } }) })
  expect(fastPath.take('findTables')).toBeDefined()
  expect(fastPath.state.problems.size).toBe(0)
})

test('an address that was taken off lo is put back', () => {
  const fastPath = new Stepped().running().give({ type: 'looked', look: lookOf({ missing: [VIP] }) })
  expect(fastPath.take('putAddresses')?.addresses).toEqual([VIP])
})

test('at the end a host without connections removes all that is its own, and director it is no more before that', () => {
  const fastPath = new Stepped().running().give(role('director')).settle().give({ type: 'stop' })
  expect(fastPath.take('apply')?.script).toContain('10.0.0.5 : goto serve4')
  expect(fastPath.take('countConnections')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('countConnections')).toBeDefined()
  fastPath.give({ type: 'connectionsCounted', connections: { ok: true, value: 0 } })
  expect([fastPath.take('remove'), fastPath.take('retired')]).toEqual([{ type: 'remove' }, undefined])
  expect(fastPath.give({ type: 'removed', result: done }).take('retired')).toBeDefined()
})

test('at the end connections keep what they live by', () => {
  const fastPath = new Stepped().running().give({ type: 'stop' })
  fastPath.give({ type: 'connectionsCounted', connections: { ok: true, value: 4 } })
  expect([fastPath.take('remove'), fastPath.take('retired')]).toEqual([undefined, { type: 'retired' }])
  expect(fastPath.lines.at(-1)).toMatch(/stay.*4 connections live by them/)
})
