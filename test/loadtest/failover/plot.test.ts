import { describe, expect, it } from 'vitest'
import { faults, loads, paces, rowsOf } from '../../../loadtest/failover/plan.ts'
import { placeOf, plotGaps } from '../../../loadtest/failover/plot.ts'
import { summarize } from '../../../loadtest/failover/summary.ts'
import { measured } from './measurements.ts'

const rows = rowsOf({ faults, paces, loads })

describe('placeOf', () => {
  it('is logarithmic: every decade is as wide as the others', () => {
    const [one, ten, hundred] = [placeOf(1), placeOf(10), placeOf(100)]
    expect(one).toBe(0)
    expect(hundred - ten).toBeCloseTo(ten - one, 0)
    expect(ten).toBeGreaterThan(0)
  })

  it('keeps what lies beyond the axis at its end', () => {
    expect(placeOf(0)).toBe(placeOf(1))
    expect(placeOf(1e6)).toBe(placeOf(10_000))
  })
})

describe('plotGaps', () => {
  const measurements = faults.flatMap((fault) => [
    measured({ daemon: 'proxyha', fault }, 40),
    measured({ daemon: 'proxyha', fault, load: 'busy' }, 60),
    measured({ daemon: 'keepalived', fault }, null),
  ])
  const svg = plotGaps(summarize(rows, measurements), 'cores < 3 & more')

  it('has a dot for every round in which somebody took over, and names the others', () => {
    expect(svg.match(/<circle class="dot proxyha"/g)).toHaveLength(2 * faults.length)
    expect(svg).not.toContain('class="dot keepalived"')
    expect(svg.match(/1 failed/g)).toHaveLength(faults.length)
  })

  it('is well-formed: what is opened is closed, text is escaped, no figure is missing', () => {
    expect(svg).toContain('cores &lt; 3 &amp; more')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    const open: string[] = []
    for (const [, closing, name, alone] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name)
      else if (!alone) open.push(name ?? '')
    }
    expect(open).toEqual([])
  })

  it('is legible in light and in dark', () => {
    expect(svg).toContain('@media(prefers-color-scheme:dark)')
  })
})
