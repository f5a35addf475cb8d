import { expect, it } from 'vitest'
import { coursesOf, figures, type Sample } from '../../../loadtest/soak/figures.ts'
import { plotCourses } from '../../../loadtest/soak/plot.ts'

const ROUND_MS = 60_000

/** An hour of a sample every ten seconds; `growth` per hour. */
const hour = (host: string, figure: Sample['figure'], growth: number): readonly Sample[] =>
  Array.from({ length: 360 }, (_, index) => ({
    host,
    figure,
    atMs: 1000 + index * 10_000,
    value: 200 + (growth * index) / 360 + (index % 6 === 0 ? 5 : 0),
  }))

it('a figure that grows faster than its bound is told, and one that does not is not', () => {
  const samples = [
    ...hour('node0', 'resident', 2 * figures.resident.bound),
    ...hour('node1', 'resident', figures.resident.bound / 2),
    ...hour('node0', 'files', 0),
  ]
  const courses = coursesOf(samples, ROUND_MS, 2)
  expect(courses.map(({ host, figure, isTooSteep }) => [host, figure, isTooSteep])).toEqual([
    ['node0', 'resident', true],
    ['node1', 'resident', false],
    ['node0', 'files', false],
  ])
  // What each round does once is in the mean of each.
  expect(courses[0]!.slope!.slope).toBeCloseTo(2 * figures.resident.bound, 1)
  expect(courses[0]!.means).toHaveLength(58)
})

it('rounds that warm it up do not count', () => {
  const warming = hour('node0', 'resident', 0).map((sample, index) => (index < 12 ? { ...sample, value: 50 } : sample))
  expect(coursesOf(warming, ROUND_MS, 0)[0]!.slope!.slope).toBeGreaterThan(figures.resident.bound)
  expect(coursesOf(warming, ROUND_MS, 2)[0]!.slope!.slope).toBeCloseTo(0, 5)
})

it('the plot has a panel a figure and a line a gateway', () => {
  const courses = coursesOf([...hour('node0', 'files', 0), ...hour('node1', 'threads', 9)], ROUND_MS, 2)
  const svg = plotCourses(courses, 'an hour')
  expect(svg.match(/<polyline/g)).toHaveLength(2)
  expect(svg).toContain(figures.files.name)
  expect(svg).toContain('node1 +9.0')
  expect(svg).not.toContain('NaN')
})
