import { describe, expect, it } from 'vitest'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { SimulatedGroup, settledGroup } from './simulated-group.ts'

const [A, B, C, D, E] = ['10.10.74.70', '10.10.74.86', '10.10.74.87', '10.10.74.88', '10.10.74.89'] as const

const settled = (...addresses: readonly string[]) => settledGroup(addresses)

const movedBetween = (before: readonly (string | null)[], after: readonly (string | null)[]) =>
  before.filter((owner, slot) => owner !== after[slot]).length

describe('a director', () => {
  it('owns all slots at once when it is alone, without waiting for an interval', () => {
    const group = new SimulatedGroup()
    group.add(A)
    group.elect(A)
    expect(group.shares(A)).toEqual({ [A]: 4096 })
    group.run(10_000)
    expect(group.shares(A)).toEqual({ [A]: 4096 })
    expect(group.warnings(A)).toEqual([])
    expect(group.counter(A, 'nodesKnown')).toBe(0)
  })

  it('gives every node its share within two intervals of its start', () => {
    const group = settled(A, B)
    group.add(C)
    group.assume(C, A)
    group.run(2000)
    expect(Object.values(group.shares(A)).sort()).toEqual([1365, 1365, 1366])
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    expect(group.lines(A)).toContain(`Scanning partner has joined ${C}`)
  })

  it('moves no slot between nodes that stay when one joins', () => {
    const group = settled(A, B)
    const before = group.owners(A)
    group.add(C)
    group.assume(C, A)
    group.run(3000)
    const after = group.owners(A)
    expect(after.every((owner, slot) => owner === before[slot] || owner === C)).toBe(true)
    expect(movedBetween(before, after)).toBe(1365)
  })

  it('moves the slots of a node whose proxy stopped at once, and those only', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    const after = group.owners(A)
    expect(after).not.toContain(B)
    expect(after.every((owner, slot) => owner === before[slot] || before[slot] === B)).toBe(true)
    expect(group.health(A)[B]).toBe('failure')
    expect(group.lines(A)).toContain(`Scanning partner has failed ${B}`)
  })

  it('knows which ports of a node fail, also those that follow', () => {
    const group = settled(A, B)
    const failedPorts = () => group.describe(A).members.find(({ address }) => address === B)?.failedPorts
    for (const failing of [[3128], [3128, 443], []]) {
      group.tell(B, { type: 'monitor', state: failing.length > 0 ? 'failure' : 'ok', failedPorts: failing })
      group.run(10)
      expect(failedPorts()).toEqual(failing)
    }
  })

  it('moves its own slots when its own proxy stopped', () => {
    const group = settled(A, B, C)
    group.tell(A, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    expect(group.owners(A)).not.toContain(A)
    expect(Object.values(group.shares(A))).toEqual([2048, 2048])
  })

  it('leaves all slots to nobody while no node works, and shares them out when one does', () => {
    const group = settled(A, B)
    group.tell(A, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    expect(group.shares(A)).toEqual({ null: 4096 })
    expect(textsOf(group.node(A).dispatcher.warnings)).toEqual(['no node can take connections'])
    group.tell(B, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(10)
    expect(group.shares(A)).toEqual({ [B]: 4096 })
  })

  it('gives a node that works again its share back, moving no more than that', () => {
    const group = settled(A, B, C)
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(5000)
    const before = group.owners(A)
    group.tell(B, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(10)
    expect(movedBetween(before, group.owners(A))).toBe(group.shares(A)[B])
    expect(Math.abs(group.shares(A)[B]! - 4096 / 3)).toBeLessThan(1)
    expect(group.lines(A).at(-1)).toBe(`Scanning partner has joined ${B}`)
  })

  it('calls a node stale that is silent for 3 intervals, not before, and moves its slots then', () => {
    const group = settled(A, B, C)
    group.kill(B)
    group.run(2200)
    expect(group.health(A)[B]).toBe('ok')
    group.run(1300)
    expect(group.health(A)[B]).toBe('stale')
    expect(group.owners(A)).not.toContain(B)
    expect(group.lines(A)).toContain(`Scanning partner has failed ${B}`)
  })

  it.each([0, 125, 250, 375, 500, 625, 750, 875])(
    'after one whose adverts have ceased gives its slots away as soon as it does not answer: it died %i ms after a beat',
    (phaseMs) => {
      const group = settled(A, B, C)
      group.run(phaseMs)
      group.kill(A)
      group.run(360)
      group.succeedSilent(B)
      group.assume(C, B)
      group.run(260)
      expect(group.health(B)[A]).toBe('stale')
      expect(group.owners(B)).not.toContain(A)
      expect(group.owners(C)).not.toContain(A)
    },
  )

  it.each([0, 125, 250, 375, 500, 625, 750, 875])(
    'after one that lives and whose adverts do not arrive leaves it what it has, %i ms after a beat',
    (phaseMs) => {
      const group = settled(A, B, C)
      const before = group.owners(B)
      group.run(phaseMs)
      group.succeedSilent(B)
      for (let ms = 0; ms < 5000; ms += 50) {
        group.run(50)
        expect(movedBetween(before, group.owners(B))).toBe(0)
      }
    },
  )

  it('bears two beacons in a row being lost', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    const fromMs = group.nowMs
    const { generation } = group.node(A).table
    group.isLost = (frame) => frame.source === B && frame.atMs < fromMs + 2200
    group.run(8000)
    expect(group.node(A).table.generation).toBe(generation)
    expect(movedBetween(before, group.owners(A))).toBe(0)
    expect(group.lines(A)).not.toContain(`Scanning partner has failed ${B}`)
  })

  it('moves the slots of a node that says goodbye at once', () => {
    const group = settled(A, B, C)
    group.tell(B, { type: 'stop' })
    group.kill(B)
    group.run(10)
    expect(group.owners(A)).not.toContain(B)
  })

  it('moves the slots of a node that stops in order at once, although its elector stopped before', () => {
    const group = settled(A, B, C)
    group.resign(B)
    group.tell(B, { type: 'stop' })
    group.kill(B)
    group.run(10)
    expect(group.owners(A)).not.toContain(B)
    expect(group.warnings(C)).toEqual([])
    expect(group.health(C)).toEqual({ [A]: 'ok', [C]: 'ok' })
  })

  it('lets a draining node keep nothing, and the last one that works go on', () => {
    const group = settled(A, B)
    group.tell(B, { type: 'drainOrder', address: B, wish: { draining: true, maintMs: null } })
    group.run(10)
    expect(group.health(A)[B]).toBe('draining')
    expect(group.shares(A)).toEqual({ [A]: 4096 })
    group.tell(A, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(10)
    expect(group.shares(A)).toEqual({ [B]: 4096 })
    expect(textsOf(group.node(A).dispatcher.warnings)).toEqual(['all nodes that work are draining: they go on'])
  })

  it('judges nobody by the silence in which it stood still itself', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    const { generation } = group.node(A).table
    group.nowMs += 10_000
    group.run(5000)
    expect(group.node(A).table.generation).toBe(generation)
    expect(movedBetween(before, group.owners(A))).toBe(0)
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
  })

  it('keeps all slots where they are when its discovery crashes and starts again', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    group.restartDiscovery(A)
    for (let ms = 0; ms < 10_000; ms += 100) {
      group.run(100)
      expect(movedBetween(before, group.owners(A))).toBe(0)
    }
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
  })

  it("keeps all slots where they are when a scanning node's discovery crashes and starts again", () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    group.restartDiscovery(B)
    for (let ms = 0; ms < 10_000; ms += 100) {
      group.run(100)
      expect(movedBetween(before, group.owners(A))).toBe(0)
    }
    expect(group.health(A)[B]).toBe('ok')
  })
})

describe('a scanning node', () => {
  const partners = (group: SimulatedGroup, address: string) =>
    group.lines(address).filter((line) => line.startsWith('Scanning partner'))

  it('says who has failed and joined in the words of the director, also of nodes that it does not hear itself', () => {
    const group = settled(A, B, C)
    expect(partners(group, C)).toEqual([`Scanning partner has joined ${A}`, `Scanning partner has joined ${B}`])
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(2000)
    expect(partners(group, C).slice(2)).toEqual([`Scanning partner has failed ${B}`])
    group.tell(B, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(2000)
    expect(partners(group, C).slice(3)).toEqual([`Scanning partner has joined ${B}`])
  })

  it('says once that the director has failed, and that it has joined when it is back', () => {
    const group = settled(A, B, C)
    group.kill(A)
    group.run(3600)
    group.elect(B)
    group.run(5000)
    expect(partners(group, C).slice(2)).toEqual([`Scanning partner has failed ${A}`])
    group.restart(A)
    group.elect(B)
    group.run(3000)
    group.elect(A)
    group.run(5000)
    expect(partners(group, C).slice(3)).toEqual([`Scanning partner has joined ${A}`])
  })

  it.each([0, 125, 250, 375, 500, 625, 750, 875])(
    'says nothing of nodes that live when one hands over to another and takes it back, %i ms after a beat',
    (phaseMs) => {
      const group = settled(A, B, C)
      group.run(phaseMs)
      const before = [A, B, C].map((address) => partners(group, address))
      for (const [from, to] of [
        [A, B],
        [B, A],
      ] as const) {
        group.assume(to, to)
        group.run(2)
        group.assume(from, to)
        group.run(300)
        group.assume(C, to)
        group.run(10_000)
      }
      expect([A, B, C].map((address) => partners(group, address))).toEqual(before)
    },
  )

  it('shows the director and itself, and nobody else', () => {
    const group = settled(A, B, C)
    expect(group.health(B)).toEqual({ [A]: 'ok', [B]: 'ok' })
    expect(group.describe(B).members.find((member) => member.address === A)).toMatchObject({
      director: true,
      self: false,
    })
    expect(group.describe(B).members.find((member) => member.address === B)).toMatchObject({
      director: false,
      self: true,
    })
  })

  it('has the same slots in its table as the director', () => {
    const group = settled(A, B, C)
    expect(movedBetween(group.owners(A), group.owners(B))).toBe(0)
    expect(group.node(B).table.generation).toBe(group.node(A).table.generation)
  })

  it("tells its elector as soon as the director's assignment is here, two intervals after its start at the latest", () => {
    const group = settled(A, B)
    const startedMs = group.nowMs
    const late = group.add(C)
    group.assume(C, A)
    group.run(2100)
    expect(group.owners(C)).toEqual(group.owners(A))
    expect(late.caughtUpAtMs.length).toBeGreaterThan(0)
    expect(late.caughtUpAtMs[0]! - startedMs).toBeLessThanOrEqual(2100)
    expect(group.node(A).caughtUpAtMs).toEqual([])
  })

  it('tells an elector that starts again what it has; nothing while it has nothing', () => {
    const group = settled(A, B)
    const before = group.node(B).caughtUpAtMs.length
    group.tell(B, { type: 'electorUp', elector: 'elector' })
    expect(group.node(B).caughtUpAtMs).toHaveLength(before + 1)
    const late = group.add(C)
    group.tell(C, { type: 'electorUp', elector: 'elector' })
    expect(late.caughtUpAtMs).toEqual([])
  })

  it('tells its elector not before the kernel is ready to lead as well', () => {
    const group = settled(A, B)
    const told = () => group.node(B).caughtUpAtMs.length
    group.tell(B, { type: 'serving', serving: true, mayLead: false })
    const before = told()
    group.tell(B, { type: 'electorUp', elector: 'elector' })
    expect(told()).toBe(before)
    group.tell(B, { type: 'serving', serving: true, mayLead: true })
    expect(told()).toBe(before + 1)
  })

  it('that missed the assignment has it two intervals later', () => {
    const group = settled(A, B, C)
    group.isLost = (frame, to) => to === B && frame.packet.length > 1000
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(50)
    expect(movedBetween(group.owners(A), group.owners(B))).toBeGreaterThan(0)
    group.isLost = () => false
    group.run(2000)
    expect(movedBetween(group.owners(A), group.owners(B))).toBe(0)
  })

  it('logs that the director failed when it is silent', () => {
    const group = settled(A, B)
    group.kill(A)
    group.run(4000)
    expect(group.lines(B)).toContain(`Scanning partner has failed ${A}`)
    expect(group.health(B)).toEqual({ [A]: 'stale', [B]: 'ok' })
  })

  it('shows itself alone under a director that sends no beacons', () => {
    const group = new SimulatedGroup()
    group.add(B)
    group.assume(B, '10.10.74.1')
    group.run(5000)
    expect(group.health(B)).toEqual({ [B]: 'ok' })
  })
})

describe('the next director', () => {
  it.each([2600, 3600, 6000])('keeps every slot of a node that lives when the last one died %i ms ago', (afterMs) => {
    const group = settled(A, B, C, D, E)
    const before = group.owners(A)
    group.kill(A)
    group.run(afterMs)
    group.elect(B)
    for (let ms = 0; ms < 8000; ms += 100) {
      const after = group.owners(B)
      expect(after).not.toContain(A)
      expect(after.every((owner, slot) => owner === before[slot] || before[slot] === A)).toBe(true)
      group.run(100)
    }
    const shares = Object.values(group.shares(B))
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  })

  it('moves no slot at all when the last one handed over and lives', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    group.elect(B)
    for (let ms = 0; ms < 10_000; ms += 100) {
      for (const address of [B, C]) expect(movedBetween(before, group.owners(address))).toBe(0)
      group.run(100)
    }
    expect(group.health(B)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    expect(group.health(C)).toEqual({ [B]: 'ok', [C]: 'ok' })
    expect(group.lines(B).filter((line) => line.startsWith('Scanning partner has failed'))).toEqual([])
    expect(group.warnings(C)).toEqual([])
  })

  it('takes the slots of the last one within two intervals where VRRP is faster than the beacons', () => {
    const group = settled(A, B, C)
    const before = group.owners(A)
    group.kill(A)
    group.run(50)
    group.elect(B)
    expect(movedBetween(before, group.owners(B))).toBe(0)
    group.run(2000)
    const after = group.owners(B)
    expect(after).not.toContain(A)
    expect(after.every((owner, slot) => owner === before[slot] || before[slot] === A)).toBe(true)
  })

  it('takes the slots of the last one at once when that said goodbye', () => {
    const group = settled(A, B, C)
    group.tell(A, { type: 'stop' })
    group.kill(A)
    group.run(10)
    group.elect(B)
    expect(group.owners(B)).not.toContain(A)
  })

  it('learns of another node that died together with the last one', () => {
    const group = settled(A, B, C, D)
    group.kill(A)
    group.kill(C)
    group.run(3000)
    group.elect(B)
    expect(group.owners(B)).toContain(C)
    group.run(3500)
    expect(group.owners(B)).not.toContain(C)
  })

  it('keeps what it can when the old director takes over again', () => {
    const group = settled(A, B, C)
    group.kill(A)
    group.run(3500)
    group.elect(B)
    group.run(5000)
    group.restart(A)
    group.assume(A, B)
    group.run(4000)
    const before = group.owners(B)
    expect(movedBetween(before, group.owners(A))).toBe(0)
    group.elect(A)
    group.run(6000)
    expect(movedBetween(before, group.owners(A))).toBe(0)
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
  })

  it('still knows that a node was in failure', () => {
    const group = settled(A, B, C)
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(2000)
    group.kill(A)
    group.run(3500)
    group.elect(B)
    expect(group.shares(B)).toEqual({ [B]: 4096 })
  })
})
