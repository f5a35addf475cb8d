import { expect, test } from 'vitest'
import { holds, type Measurement } from '../../../loadtest/flood/plan.ts'
import { drawMeasurements } from '../../../loadtest/flood/report.ts'

const measurement = (fields: Partial<Measurement>): Measurement => ({
  mode: 'kernel',
  phase: 'quiet',
  seconds: 10,
  synsPerSecond: 0,
  answers: 100_000,
  lost: 0,
  opened: 500,
  strayed: 0,
  failed: 0,
  slowestMs: 3,
  residentBytes: 700_000_000,
  pins: 100,
  tracked: 0,
  ...fields,
})

test('ratios are of the answers in a second, to those of the same mode', () => {
  const lines = drawMeasurements([
    measurement({}),
    measurement({ phase: 'aside', answers: 80_000 }),
    measurement({ phase: 'flood', answers: 420_000, seconds: 60, synsPerSecond: 20_000 }),
    measurement({ mode: 'workers', phase: 'flood', pins: null, slowestMs: null }),
  ])
  expect(lines).toHaveLength(5)
  expect(lines[3]).toMatch(/^kernel, flood at the VIP +20,000 +7,000 +0\.70 +0\.88 +0 +500 +0 +0 +3 +700 +100 +0$/)
  expect(lines[4]).toMatch(/^workers, flood at the VIP +0 +10,000 +- +- +0 +500 +0 +0 +- +700 +- +0$/)
})

test('it holds unless a client was lost, was refused, or went to another node', () => {
  expect(holds([measurement({}), measurement({ phase: 'flood', answers: 1 })])).toBe(true)
  for (const trouble of [{ lost: 1 }, { failed: 1 }, { strayed: 1 }]) {
    expect(holds([measurement({}), measurement(trouble)])).toBe(false)
  }
})
