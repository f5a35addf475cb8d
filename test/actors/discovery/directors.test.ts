import { describe, expect, it } from 'vitest'
import { isAssigning } from '../../../actors/dispatcher/state.ts'
import { A, B, C, D, directorsAt, expectAgreement, expectRest, movedBetween, settledPair } from './agreement.ts'
import { FIRST, SECOND, SimulatedGroup } from './simulated-group.ts'

const assignmentsSent = (group: SimulatedGroup, address: string) => group.counter(address, 'assignmentsSent')

describe('two directors of two virtual routers', () => {
  it('that start together agree on one assignment, which every node has', () => {
    const group = settledPair(A, B, C, D)
    expectAgreement(group)
    expect(group.shares(A)).toEqual({ [A]: 1024, [B]: 1024, [C]: 1024, [D]: 1024 })
    expectRest(group)
  })

  it('both know all nodes, and are known to all as directors; a scanning node shows both, and itself', () => {
    const group = settledPair(A, B, C, D)
    const all = { [A]: 'ok', [B]: 'ok', [C]: 'ok', [D]: 'ok' }
    expect([group.health(A), group.health(B)]).toEqual([all, all])
    expect(group.health(C)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    for (const address of [A, B, C, D]) expect(directorsAt(group, address)).toEqual([A, B])
  })

  it('are told by every node of itself once an interval, by each other too', () => {
    const group = settledPair(A, B, C)
    const fromMs = group.nowMs
    group.run(3000)
    const reports = (source: string, destination: string) =>
      group.frames.filter(
        (frame) => frame.source === source && frame.destination === destination && frame.atMs >= fromMs,
      )
    const counts = [reports(C, A), reports(C, B), reports(B, A), reports(A, B)].map(({ length }) => length)
    expect(counts).toEqual([3, 3, 3, 3])
  })

  it('are no warning, however long they are heard', () => {
    const group = settledPair(A, B, C)
    group.run(30_000)
    for (const address of [A, B, C]) expect(group.warnings(address)).toEqual([])
    expect(group.counter(A, 'rivalHellosReceived')).toBe(0)
  })

  it('are no warning where both virtual routers have the same VRID, one for each family', () => {
    const instances = [
      { name: FIRST, family: 'ipv4', virtualRouterId: 51 },
      { name: SECOND, family: 'ipv6', virtualRouterId: 51 },
    ] as const
    const group = new SimulatedGroup()
    for (const address of [A, B, C]) group.add(address, { instances })
    group.elect(A, FIRST)
    group.elect(B, SECOND)
    group.run(10_000)
    for (const address of [A, B, C]) expect(group.warnings(address)).toEqual([])
  })

  it('are a warning on every node when they lead the same one, which it names', () => {
    const group = settledPair(A, B, C)
    group.assume(B, B, FIRST)
    group.run(4500)
    const warning = `two directors are heard, ${A} and ${B}, both of VRID 51: is the network split, or IP protocol 112 filtered?`
    expect(group.warnings(A)).toEqual([warning])
    expect(group.warnings(C)).toEqual([warning])
    expect(group.warnings(B)).toEqual([warning.replace(`${A} and ${B}`, `${B} and ${A}`)])
    expect(group.counter(B, 'rivalHellosReceived')).toBeGreaterThan(0)
    group.elect(A, FIRST)
    group.run(5000)
    for (const address of [A, B, C]) expect(group.warnings(address)).toEqual([])
  })
})

describe('the second director', () => {
  it('moves no slot when it takes its virtual router from one that leads both', () => {
    const group = new SimulatedGroup()
    for (const address of [A, B, C]) group.add(address)
    for (const instance of [FIRST, SECOND]) group.elect(B, instance)
    group.run(5000)
    const before = group.owners(B)
    group.elect(A, FIRST)
    for (let ms = 0; ms < 8000; ms += 100) {
      for (const address of [A, B, C]) expect(movedBetween(before, group.owners(address))).toBe(0)
      group.run(100)
    }
    expect(directorsAt(group, C)).toEqual([A, B])
  })

  it('sends no assignments of its own', () => {
    const group = settledPair(A, B, C)
    const before = assignmentsSent(group, B)
    const ofA = assignmentsSent(group, A)
    group.run(20_000)
    expect(assignmentsSent(group, B)).toBe(before)
    expect(assignmentsSent(group, A)).toBeGreaterThan(ofA)
  })

  it('hears at once of a proxy that stopped, and sends its clients elsewhere as the first one does', () => {
    const group = settledPair(A, B, C)
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    for (const address of [A, B]) {
      expect(group.health(address)[C]).toBe('failure')
      expect(group.owners(address)).not.toContain(C)
    }
    expectAgreement(group)
  })

  it('tells the first one at once that its own proxy stopped', () => {
    const group = settledPair(A, B, C)
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    expect(group.health(A)[B]).toBe('failure')
    expect(group.owners(A)).not.toContain(B)
    expectAgreement(group)
  })

  it('is told the assignment again when it missed it, before it would be repeated anyway', () => {
    const group = settledPair(A, B, C)
    const repeated = assignmentsSent(group, A)
    while (assignmentsSent(group, A) === repeated) group.run(10)
    group.isLost = (frame, to) => to === B && frame.packet.length > 1000
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(50)
    expect(movedBetween(group.owners(A), group.owners(B))).toBeGreaterThan(0)
    group.isLost = () => false
    group.run(2100)
    expectAgreement(group)
  })

  it('that does not hear a node says so to nobody who hears the first one', () => {
    const group = settledPair(A, B, C, D)
    group.isLost = (frame, to) => frame.source === D && to === B
    group.run(6000)
    expect([group.health(A)[D], group.health(B)[D]]).toEqual(['ok', 'stale'])
    for (const instance of [FIRST, SECOND]) group.elect(C, instance)
    expect(group.health(C)[D]).toBe('ok')
  })

  it('gives a node that joins its share in the same slots', () => {
    const group = settledPair(A, B, C)
    group.add(D)
    for (const [instance, director] of [[FIRST, A] as const, [SECOND, B] as const]) group.assume(D, director, instance)
    group.run(2500)
    expect(group.shares(B)).toEqual({ [A]: 1024, [B]: 1024, [C]: 1024, [D]: 1024 })
    expect(group.health(B)[D]).toBe('ok')
    expectAgreement(group)
  })
})

describe('the director that assigns', () => {
  it.each([
    [[A, '10.10.74.9'], '10.10.74.9'],
    [['10.10.74.100', A], A],
  ] as const)('of %s is the one with the lowest management IP', (directors, lowest) => {
    const group = settledPair(...directors, C)
    const assigning = directors.filter((address) => isAssigning(group.node(address).dispatcher))
    expect(assigning).toEqual([lowest])
  })
})
