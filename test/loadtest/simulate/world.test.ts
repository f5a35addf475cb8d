import { describe, expect, it } from 'vitest'
import type { BalancerKind } from '../../../loadtest/simulate/balancer.ts'
import { balancers } from '../../../loadtest/simulate/balancers.ts'
import { leastConnections, persistentWlc } from '../../../loadtest/simulate/references/least-connections.ts'
import { maglev } from '../../../loadtest/simulate/references/maglev.ts'
import { modulo } from '../../../loadtest/simulate/references/modulo.ts'
import { rendezvous } from '../../../loadtest/simulate/references/rendezvous.ts'
import { clientsOf, simulate } from '../../../loadtest/simulate/world.ts'
import { quarterHour } from './worlds.ts'

const population = clientsOf(quarterHour)
const outcomes = balancers.map((kind) => simulate(quarterHour, population, kind))
const outcomeOf = (kind: BalancerKind) => outcomes[balancers.indexOf(kind)]!

describe('a simulated quarter of an hour', () => {
  it('gives every balancer the same connections', () => {
    const counts = new Set(outcomes.map(({ connections }) => connections))
    expect(counts.size).toBe(1)
    expect([...counts][0]! / (150 * 600)).toBeCloseTo(1, 1)
  })

  it('comes out the same again, and differently with another seed', () => {
    expect(simulate(quarterHour, population, maglev)).toEqual(outcomeOf(maglev))
    const other = { ...quarterHour, seed: 8 }
    expect(simulate(other, clientsOf(other), maglev).share).not.toEqual(outcomeOf(maglev).share)
  })

  it('shows what each reference is known for', () => {
    expect(outcomeOf(rendezvous).moves.needless).toBe(0)
    expect(outcomeOf(maglev).moves.needless).toBeGreaterThan(0)
    expect(outcomeOf(maglev).broken).toBe(0)
    expect(outcomeOf(modulo).moves.needless).toBeGreaterThan(20 * outcomeOf(maglev).moves.needless)
    expect(outcomeOf(modulo).broken).toBeGreaterThan(outcomeOf(rendezvous).broken)
    // Its entries live for half an hour: nobody is forgotten within a quarter. Those of IPVS live for five minutes.
    expect(outcomeOf(leastConnections).moves.needless).toBe(0)
    expect(outcomeOf(persistentWlc).moves.needless).toBeGreaterThan(0)
  })

  it('overloads a node that is busy with something else where nobody looks at CPUs', () => {
    for (const kind of [modulo, maglev, rendezvous, leastConnections, persistentWlc]) {
      const { series } = outcomeOf(kind)
      const whileBusy = series.filter(({ atS }) => atS >= 600 && atS < 750)
      expect(whileBusy).toHaveLength(3)
      for (const { worst } of whileBusy) expect(worst).toBeGreaterThan(1.8)
    }
  })

  it('has the product fairer than every reference, and no client with an open connection moved', () => {
    const { share, beyondCapacity, moves, broken } = outcomes.at(-1)!
    for (const kind of [modulo, maglev, rendezvous, leastConnections, persistentWlc]) {
      expect(share.p99).toBeLessThan(outcomeOf(kind).share.p99)
      expect(beyondCapacity).toBeLessThan(outcomeOf(kind).beyondCapacity)
    }
    expect(moves.needed).toBeGreaterThan(0)
    expect([moves.active, broken]).toEqual([0, 0])
  })
})
