import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../../loadtest/simulate/metrics.ts'
import { plotOutcomes } from '../../../loadtest/simulate/plot.ts'
import { disturbanceOf, drawOutcomes, drawVerdicts, verdictsOn } from '../../../loadtest/simulate/report.ts'
import { quarterHour } from './worlds.ts'

const outcomeOf = (name: string, p99: number, needless: number, broken = 0): Outcome => ({
  name,
  isProduct: name === 'proxyha',
  share: { p50: 1, p99, max: p99 + 1 },
  maxToMean: 1.1,
  beyondCapacity: 0.012_34,
  connections: 90_000,
  moves: { needed: 1234, needless, active: 5 },
  broken,
  weightChanges: 6,
  weightReversals: 2,
  series: [0, 300, 360].map((atS) => ({ atS, worst: p99, weights: [0.5, 0.5] })),
})
const outcomes = [outcomeOf('even & <busy>', 1.1, 5000), outcomeOf('calm', 2, 0, 10), outcomeOf('proxyha', 1.5, 10)]

describe('drawOutcomes', () => {
  it('has a line for each, the work beyond capacity in per cent', () => {
    const lines = drawOutcomes(outcomes)
    expect(lines).toHaveLength(4)
    expect(lines[3]).toMatch(/^proxyha\s+1\.500\s+2\.500\s+1\.100\s+1\.234\s+1,234\s+10\s+5\s+0\s+6\s+2$/)
  })
})

describe('verdictsOn', () => {
  it('compares the product with each reference, in both respects', () => {
    expect(outcomes.map(disturbanceOf)).toEqual([5005, 15, 15])
    expect(verdictsOn(outcomes)).toEqual([
      { product: 'proxyha', reference: 'even & <busy>', isFairer: false, disturbsNoMore: true },
      { product: 'proxyha', reference: 'calm', isFairer: true, disturbsNoMore: true },
    ])
  })

  it('says what is not so as loudly as what is', () => {
    const [even, calm] = drawVerdicts(verdictsOn(outcomes))
    expect(even).toContain('NOT fairer')
    expect(calm).not.toMatch(/NOT|MORE/)
  })
})

describe('plotOutcomes', () => {
  const svg = plotOutcomes(outcomes, quarterHour)

  it('has a line and a dot for each, and the measured time only', () => {
    expect(svg.match(/<polyline/g)).toHaveLength(3)
    expect(svg.match(/<circle/g)).toHaveLength(3)
    for (const [, points] of svg.matchAll(/points="([^"]*)"/g)) expect(points!.split(' ')).toHaveLength(2)
  })

  it('names what happened to the nodes', () => {
    expect([...svg.matchAll(/>(\w (?:dead|busy|joins))</g)].map(([, label]) => label)).toEqual(['B dead', 'C busy'])
  })

  it('is well-formed: what is opened is closed, text is escaped, no figure is missing', () => {
    expect(svg).toContain('even &amp; &lt;busy>')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    const open: string[] = []
    for (const [, closing, name, alone] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name)
      else if (!alone) open.push(name ?? '')
    }
    expect(open).toEqual([])
  })
})
