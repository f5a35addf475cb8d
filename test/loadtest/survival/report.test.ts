import { expect, test } from 'vitest'
import { happenings, type Outcome } from '../../../loadtest/survival/plan.ts'
import { drawOutcomes, holds } from '../../../loadtest/survival/report.ts'

const outcome = (fields: Partial<Outcome>): Outcome => ({
  mode: 'kernel',
  happening: 'drain',
  opened: 400,
  lost: 0,
  lostOnSurvivors: 0,
  failures: {},
  ...fields,
})

test('a line for each happening, a column for each mode, the rounds summed up; what ended on the dead is told apart', () => {
  const lines = drawOutcomes([
    outcome({}),
    outcome({ lost: 3, lostOnSurvivors: 3 }),
    outcome({ happening: 'death', lost: 130, lostOnSurvivors: 2 }),
    outcome({ mode: 'workers', lost: 400, lostOnSurvivors: 400 }),
  ])
  expect(lines).toHaveLength(1 + happenings.length)
  expect(lines.find((line) => line.startsWith('a node is drained'))).toMatch(/ 3 of 800 +400 of 400$/)
  expect(lines.find((line) => line.startsWith('director dies'))).toMatch(
    / 2 and 128 that ended on the dead, of 400 +-$/,
  )
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1)
})

test('what kernel mode promises holds unless a connection was lost that ends on a node which lives', () => {
  expect(holds([outcome({ happening: 'death', lost: 130 }), outcome({ mode: 'workers', lostOnSurvivors: 400 })])).toBe(
    true,
  )
  expect(holds([outcome({ lost: 1, lostOnSurvivors: 1 })])).toBe(false)
})
