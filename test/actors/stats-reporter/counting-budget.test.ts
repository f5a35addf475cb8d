import { expect, it } from 'vitest'
import { CountingBudget } from '../../../actors/stats-reporter/counting-budget.ts'

it('counts at once, and a cheap count every second', () => {
  const budget = new CountingBudget()
  expect(budget.isDue(0)).toBe(true)
  budget.spent(0, 1)
  expect(budget.isDue(1000)).toBe(true)
})

it('takes no more than a five-hundredth of a core for counts that are dear', () => {
  const budget = new CountingBudget()
  budget.spent(1000, 1010)
  expect(budget.isDue(6009)).toBe(false)
  expect(budget.isDue(6010)).toBe(true)
})

it('counts every 30 s, however dear', () => {
  const budget = new CountingBudget()
  budget.spent(0, 5000)
  expect(budget.isDue(34_999)).toBe(false)
  expect(budget.isDue(35_000)).toBe(true)
})
