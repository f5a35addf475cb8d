import { expect, it } from 'vitest'
import { defineFault, type Fault, type Grip } from '../../../loadtest/chaos/fault.ts'
import { faults } from '../../../loadtest/chaos/faults/all.ts'
import { drawPlan, mayMeet, type Plan, readFault, writeFault } from '../../../loadtest/chaos/plan.ts'
import { SeededRandom } from '../../fakes/random.ts'

const LASTS_MS = 30_000
const planOf = (seed: number, mode: 'kernel' | 'workers' = 'kernel', kinds = faults): Plan =>
  drawPlan(seed, new SeededRandom(seed), kinds, mode, LASTS_MS)

const kind = (name: string, grip: Grip, more: Partial<Fault> = {}): Fault => ({
  ...defineFault({ name, grip, apply: async () => {}, heal: async () => {} }),
  ...more,
})

it('the same seed draws the same plan, another seed another one', () => {
  expect(planOf(7)).toEqual(planOf(7))
  expect(planOf(7)).not.toEqual(planOf(8))
})

it('faults last as long as they are to, and end soon after the time is over', () => {
  for (let seed = 0; seed < 200; seed++) {
    const { rounds } = planOf(seed)
    const lasting = rounds.map((round) => Math.max(...round.faults.map(({ afterMs, lastsMs }) => afterMs + lastsMs)))
    const sum = lasting.reduce((total, ms) => total + ms, 0)
    expect(sum).toBeGreaterThanOrEqual(LASTS_MS)
    expect(sum - lasting.at(-1)!).toBeLessThan(LASTS_MS)
    for (const { name, node, lastsMs } of rounds.flatMap((round) => round.faults)) {
      const { nodes, lastsMs: range } = faults.find((one) => one.name === name)!
      expect(nodes).toContain(node)
      expect(lastsMs).toBeGreaterThanOrEqual(range[0])
      expect(lastsMs).toBeLessThanOrEqual(range[1])
    }
  }
})

it('one or two at a time, and two only where neither takes the hold of the other', () => {
  const sizes = new Set<number>()
  for (let seed = 0; seed < 200; seed++) {
    for (const round of planOf(seed).rounds) {
      sizes.add(round.faults.length)
      const [one, other] = round.faults
      if (one !== undefined && other !== undefined) expect(mayMeet(one, other, faults)).toBe(true)
    }
  }
  expect([...sizes].toSorted()).toEqual([1, 2])
})

it('forty seeds see every kind', () => {
  const seen = new Set(
    Array.from({ length: 40 }, (_, seed) => planOf(seed)).flatMap(({ rounds }) =>
      rounds.flatMap((round) => round.faults.map(({ name }) => name)),
    ),
  )
  expect(faults.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
})

it('what is for one mode is not drawn in the other', () => {
  const kinds = [kind('everywhere', 'process'), kind('in kernel mode', 'host', { modes: ['kernel'] })]
  const names = (mode: 'kernel' | 'workers') =>
    new Set(planOf(1, mode, kinds).rounds.flatMap((round) => round.faults.map(({ name }) => name)))
  expect([...names('workers')]).toEqual(['everywhere'])
  expect(names('kernel')).toContain('in kernel mode')
})

it('which faults may meet', () => {
  const kinds = [kind('kill', 'process'), kind('pull', 'cable'), kind('part', 'wire'), kind('restart', 'group')]
  const at = (name: string, node: number) => ({ name, node, afterMs: 0, lastsMs: 1000, chance: 0 })
  expect(mayMeet(at('kill', 0), at('kill', 1), kinds)).toBe(true)
  expect(mayMeet(at('kill', 0), at('kill', 0), kinds)).toBe(false)
  expect(mayMeet(at('kill', 0), at('pull', 0), kinds)).toBe(true)
  // There is one switch.
  expect(mayMeet(at('part', 0), at('part', 1), kinds)).toBe(false)
  expect(mayMeet(at('restart', 0), at('pull', 1), kinds)).toBe(false)
})

it('names are told apart', () => {
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length)
})

it('a fault is written for the command line, and read as it was', () => {
  for (const fault of planOf(3).rounds.flatMap((round) => round.faults)) {
    expect(readFault(writeFault(fault))).toEqual({ ...fault, chance: Number(fault.chance.toFixed(4)) })
  }
  expect(readFault('gateway killed')).toBeUndefined()
})
