import { expect, test } from 'vitest'
import { happenings, type Outcome } from '../../../loadtest/survival/happenings.ts'
import { drawOutcomes, holds } from '../../../loadtest/survival/report.ts'

const outcome = (fields: Partial<Outcome>): Outcome => ({
  mode: 'kernel',
  happening: 'drain',
  opened: 400,
  lost: 0,
  lostOnSurvivors: 0,
  failures: {},
  begun: 200,
  failed: 0,
  waited: 0,
  ...fields,
})

test('a line for each happening, two columns for each mode, the rounds summed up; what ended on the dead is told apart', () => {
  const lines = drawOutcomes([
    outcome({}),
    outcome({ lost: 3, lostOnSurvivors: 3, failed: 3, waited: 5 }),
    outcome({ happening: 'death', lost: 130, lostOnSurvivors: 2 }),
    outcome({ mode: 'workers', lost: 400, lostOnSurvivors: 400 }),
  ])
  expect(lines.find((line) => line.startsWith('a node is drained'))).toMatch(
    / 3 of 800 +3, 5 of 400 +400 of 400 +0, 0 of 200$/,
  )
  expect(lines.find((line) => line.startsWith('director dies'))).toMatch(
    / 2 and 128 that ended on the dead, of 400 +0, 0 of 200 +- +-$/,
  )
  const table = lines.slice(0, 1 + happenings.length)
  expect(new Set(table.map(({ length }) => length)).size).toBe(1)
})

test('what kernel mode promises holds unless a connection was lost that ends on a node which lives', () => {
  expect(holds([outcome({ happening: 'death', lost: 130 }), outcome({ mode: 'workers', lostOnSurvivors: 400 })])).toBe(
    true,
  )
  expect(holds([outcome({ lost: 1, lostOnSurvivors: 1 })])).toBe(false)
})

test('nor may a new connection fail or wait, but where nobody has taken the place of a dead director yet', () => {
  expect(holds([outcome({ failed: 1 })])).toBe(false)
  expect(holds([outcome({ waited: 1 })])).toBe(false)
  expect(holds([outcome({ happening: 'death', failed: 7, waited: 9 })])).toBe(true)
})
