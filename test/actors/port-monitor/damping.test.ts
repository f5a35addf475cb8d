import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Damped, damped } from '../../../actors/port-monitor/damping.ts'

const after = (rules: { fall: number; rise: number }, ...found: readonly (string | null)[]) =>
  found.reduce<Damped | undefined>((before, one) => damped(before, one, rules), undefined)?.problem

test('the first result counts at once, whatever the rules', () => {
  const rules = { fall: 9, rise: 9 }
  expect(after(rules, 'dead')).toBe('dead')
  expect(after(rules, null)).toBeNull()
})

test('it falls with the last of `fall` failures in a row, and not by as many that are not in a row', () => {
  const rules = { fall: 3, rise: 1 }
  expect(after(rules, null, 'a', 'b')).toBeNull()
  expect(after(rules, null, 'a', 'b', 'c')).toBe('c')
  expect(after(rules, null, 'a', 'b', null, 'c')).toBeNull()
})

test('it rises with the last of `rise` successes in a row', () => {
  const rules = { fall: 1, rise: 2 }
  expect(after(rules, 'dead', null)).toBe('dead')
  expect(after(rules, 'dead', null, null)).toBeNull()
  expect(after(rules, 'dead', null, 'dead', null)).toBe('dead')
})

test('what has failed for another reason since says so', () => {
  expect(after({ fall: 2, rise: 2 }, 'refused', null, 'slow')).toBe('slow')
})

test('whatever is found: it changes only after as many in a row, and then at once', () => {
  const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(results, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (works, fall, rise) => {
      let believed = works[0]!
      let against = 0
      let state: Damped | undefined
      for (const isWell of works) {
        state = damped(state, isWell ? null : 'dead', { fall, rise })
        against = isWell === believed ? 0 : against + 1
        if (against >= (isWell ? rise : fall)) {
          believed = isWell
          against = 0
        }
        expect(state.problem === null).toBe(believed)
      }
    }),
  )
})
