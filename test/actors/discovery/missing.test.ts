import { describe, expect, it } from 'vitest'
import { forwardingOf } from '../../../actors/dispatcher/forwarding.ts'
import { sealBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { packBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { type SimulatedGroup, settledGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const STRANGER = '10.10.74.99'

const settled = (...addresses: readonly string[]) => settledGroup(addresses)

const shown = (group: SimulatedGroup, at: string, address: string) =>
  group.describe(at).members.find((member) => member.address === address)

/** What is said of that node's absence. */
const warned = (group: SimulatedGroup, at: string, address: string) =>
  group.warnings(at).filter((warning) => warning.includes(address))

/** A group of three of which one has been dead for long. */
function missingC(): SimulatedGroup {
  const group = settled(A, B, C)
  group.kill(C)
  group.run(120_000)
  return group
}

const stop = (group: SimulatedGroup, address: string) => {
  group.tell(address, { type: 'stop' })
  group.kill(address)
}

describe('a node that is dead', () => {
  it('is missing at once, with a warning and a line of the log, at every node that knows of it', () => {
    const group = settled(A, B, C)
    group.kill(C)
    group.run(6000)
    for (const at of [A, B]) {
      expect(warned(group, at, C)).toEqual([expect.stringContaining(`node-87 (${C}) is missing since `)])
      const lines = group.lines(at).filter((line) => line.includes('is missing'))
      expect(lines).toEqual([
        expect.stringMatching(/^node-87 \(10\.10\.74\.87\) is missing: it was not heard for [34] s$/),
      ])
    }
    expect(group.lines(A)).toContain(`Scanning partner has failed ${C}`)
  })

  it('stays missing since it was heard last, for good', () => {
    const group = settled(A, B, C)
    const diedAtMs = group.nowMs
    group.kill(C)
    for (const forMs of [6000, 60_000, 600_000]) {
      group.run(forMs)
      const { missingSince, health, left } = shown(group, A, C)!
      expect([health, left]).toEqual(['stale', false])
      expect(Math.abs(Date.parse(missingSince!) - diedAtMs)).toBeLessThan(1500)
      for (const at of [A, B]) {
        expect(warned(group, at, C)).toEqual([
          expect.stringContaining(`node-87 (${C}) is missing since ${missingSince}`),
        ])
      }
    }
    for (const at of [A, B]) expect(group.lines(at).filter((line) => line.includes('is missing'))).toHaveLength(1)
  })

  it('owns no slots and gets no new connections, but keeps its place: at its host connections may go on', () => {
    const group = missingC()
    for (const at of [A, B]) {
      expect(group.shares(at)[C]).toBeUndefined()
      expect(group.counter(at, 'nodesKnown')).toBe(1)
      const { nodes } = forwardingOf(group.node(at).dispatcher)
      expect(nodes.find(({ address }) => address === C)).toMatchObject({ gone: true, keeps: true })
    }
    group.kill(A)
    group.elect(B)
    group.run(10_000)
    const { nodes } = forwardingOf(group.node(B).dispatcher)
    expect(nodes.find(({ address }) => address === C)).toMatchObject({ takesNew: false, speaks: false, keeps: true })
  })

  it('is missed by the next directors too: the one that was there dies while it is missing', () => {
    const group = missingC()
    const since = shown(group, A, C)!.missingSince!
    group.kill(A)
    group.elect(B)
    group.run(120_000)
    expect(Math.abs(Date.parse(shown(group, B, C)!.missingSince!) - Date.parse(since))).toBeLessThanOrEqual(1000)
    expect(shown(group, B, A)?.missingSince).not.toBeNull()
    group.restart(A)
    group.elect(B)
    group.run(3000)
    group.elect(A)
    group.run(3000)
    expect(Math.abs(Date.parse(shown(group, A, C)!.missingSince!) - Date.parse(since))).toBeLessThanOrEqual(1000)
    expect(shown(group, A, B)).toMatchObject({ health: 'ok', missingSince: null })
  })

  it('is missed no more as soon as it is back', () => {
    const group = missingC()
    group.restart(C)
    group.elect(A)
    group.run(3000)
    expect(shown(group, A, C)).toMatchObject({ health: 'ok', missingSince: null, left: false })
    for (const at of [A, B]) {
      expect(warned(group, at, C)).toEqual([])
      expect(group.lines(at)).toContainEqual(
        expect.stringMatching(/^node-87 .* is back: it was missing for 12[0-9] s$/),
      )
    }
    expect(group.lines(A)).toContain(`Scanning partner has joined ${C}`)
  })

  it('is missed also by a director that begins anew and knows nothing: the others tell it', () => {
    for (const forMs of [6000, 120_000]) {
      const group = settled(A, B, C)
      group.kill(C)
      group.run(forMs)
      const since = shown(group, A, C)!.missingSince!
      group.restartDiscovery(A)
      group.run(4000)
      expect(Math.abs(Date.parse(shown(group, A, C)!.missingSince!) - Date.parse(since))).toBeLessThanOrEqual(1000)
      expect(warned(group, A, C)).toHaveLength(1)
      // And no more than is needed.
      expect(group.node(B).discovery.gone.get(C)?.told ?? true).toBe(true)
    }
  })

  it('is not missed by its old address where it came back with another one', () => {
    const group = missingC()
    const { options } = group.node(C)
    group.add('10.10.74.97', { ...options, managementIp: '10.10.74.97' })
    group.elect(A)
    group.run(3000)
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', '10.10.74.97': 'ok' })
  })
})

describe('a node that stops in order', () => {
  it('has left at once and later: it is shown as that, and nobody is warned, also where the director changes', () => {
    const group = settled(A, B, C)
    group.resign(C)
    stop(group, C)
    for (const forMs of [100, 3000, 120_000]) {
      group.run(forMs)
      expect(shown(group, A, C)).toMatchObject({ health: 'stale', left: true, missingSince: null })
      const lines = [A, B].flatMap((address) => group.lines(address)).filter((line) => line.endsWith(C))
      expect(lines).toContain(`Scanning partner has left ${C}`)
      expect(lines).not.toContain(`Scanning partner has failed ${C}`)
      for (const at of [A, B]) expect(warned(group, at, C)).toEqual([])
    }
    group.resign(A)
    stop(group, A)
    group.elect(B)
    group.run(120_000)
    for (const address of [A, C]) expect(shown(group, B, address)).toMatchObject({ left: true, missingSince: null })
    expect(group.warnings(B)).toEqual([])
    expect(group.lines(B).filter((line) => line.includes('missing'))).toEqual([])
  })
})

describe('a node whose proxy has failed', () => {
  it('is a warning at once, at itself, at the director and at a bystander in the same words', () => {
    const group = settled(A, B, C)
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    expect(warned(group, C, C)).toEqual([`node-87 (${C}) has failed on port 3128`])
    group.run(10)
    expect(warned(group, A, C)).toEqual(warned(group, C, C))
    group.run(1500)
    expect(warned(group, B, C)).toEqual(warned(group, C, C))
    group.tell(C, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(1500)
    for (const at of [A, B, C]) expect(warned(group, at, C)).toEqual([])
  })
})

describe('an order to forget', () => {
  it('travels: all nodes forget, say so once, and the next director does not miss it', () => {
    const group = missingC()
    group.tell(A, { type: 'forgetOrder', address: C })
    expect(shown(group, A, C)).toBeUndefined()
    group.run(10_000)
    for (const at of [A, B]) {
      expect(warned(group, at, C)).toEqual([])
      expect(group.lines(at).filter((line) => line.includes(`(${C}) is forgotten`))).toHaveLength(1)
    }
    group.kill(A)
    group.elect(B)
    group.run(3000)
    expect(shown(group, B, C)).toBeUndefined()
  })

  it('is said again to a node that was cut off, and still misses it', () => {
    const group = missingC()
    group.isLost = (_, to) => to === B
    group.tell(A, { type: 'forgetOrder', address: C })
    group.run(15_000)
    expect(warned(group, B, C)).toHaveLength(1)
    group.isLost = () => false
    group.elect(A)
    group.run(10_000)
    for (const at of [A, B]) expect(warned(group, at, C)).toEqual([])
    expect(shown(group, A, C)).toBeUndefined()
  })

  it('reaches a second director although beacons are lost for a while', () => {
    const group = missingC()
    group.assume(B, B, 'VI_52')
    group.assume(A, B, 'VI_52')
    group.run(3000)
    expect(shown(group, B, C)?.missingSince).not.toBeNull()
    const untilMs = group.nowMs + 2500
    group.isLost = (frame, to) => to === B && frame.atMs < untilMs
    group.tell(A, { type: 'forgetOrder', address: C })
    group.run(8000)
    for (const at of [A, B]) expect(shown(group, at, C)).toBeUndefined()
  })

  it('of a node that is only stale is followed as well, and of one that is heard by nobody', () => {
    const group = settled(A, B, C)
    group.tell(A, { type: 'forgetOrder', address: B })
    group.run(10)
    expect(shown(group, A, B)?.health).toBe('ok')
    group.kill(C)
    group.run(6000)
    group.tell(A, { type: 'forgetOrder', address: C })
    group.run(3000)
    for (const at of [A, B]) expect(warned(group, at, C)).toEqual([])
    expect(shown(group, A, C)).toBeUndefined()
  })

  it('does not keep a node out: one that starts again is a node as any other, and is missed again', () => {
    const group = missingC()
    group.tell(A, { type: 'forgetOrder', address: C })
    group.run(1500)
    group.restart(C)
    group.elect(A)
    group.run(20_000)
    expect(shown(group, A, C)?.health).toBe('ok')
    group.kill(C)
    group.run(70_000)
    expect(shown(group, A, C)?.missingSince).not.toBeNull()
  })

  it('of a node that is none of the group is refused, and counted', () => {
    const group = missingC()
    const sender = { address: STRANGER, virtualRouterId: 51, epoch: 'feedfacefeedface', key: 'secret', version: 5 }
    const body = packBeaconBody({ type: 'forget', node: C })
    for (const payload of sealBeacon('forget', body, 1, sender, group.envelopeFor(A)))
      group.inject(STRANGER, A, payload)
    group.run(10)
    expect(group.counter(A, 'orderOfStranger')).toBe(1)
    expect(shown(group, A, C)?.missingSince).not.toBeNull()
  })
})

it('a director that VRRP names, and no beacon, is a warning when it has been for longer than a node needs to be heard', () => {
  const group = settled(A, B)
  group.assume(B, STRANGER)
  group.run(3000)
  const strange = () => group.warnings(B).filter((warning) => warning.includes(STRANGER))
  expect(strange()).toEqual([])
  group.run(6000)
  expect(strange()).toEqual([expect.stringContaining(`${STRANGER} leads VRID 51, and is none of this group's nodes`)])
  expect(group.describe(B).strangers).toEqual(strange())
  group.assume(B, A)
  expect(strange()).toEqual([])
})

it('of 64 nodes the one that is missing longest gives its place to a new one, and no other does', () => {
  const group = settled(A, B)
  const { discovery } = group.node(A)
  const { node } = discovery.nodes.get(B)!
  const gone = Array.from({ length: 62 }, (_, at) => {
    const address = `10.10.75.${at + 1}`
    const lastSeenMs = -1_000_000 + ((at * 7) % 62) * 1000
    const known = { address, node: { ...node, name: address }, source: 'beacon', lastSeenMs } as const
    return [address, { ...known, left: false, told: true }] as const
  })
  group.node(A).discovery = { ...discovery, gone: new Map(gone) }
  group.run(2000)
  const members = () => group.describe(A).members.map(({ address }) => address)
  const before = members()
  expect(before).toHaveLength(64)
  group.add(C)
  group.elect(A)
  group.run(2500)
  expect(shown(group, A, C)?.health).toBe('ok')
  expect(members()).toHaveLength(64)
  expect(before.filter((address) => !members().includes(address))).toEqual(['10.10.75.1'])
  expect(group.node(B).discovery.gone.size).toBe(61)
})
