import { expect, it } from 'vitest'
import { plotAxis, widened } from '../../../loadtest/growth/plot.ts'
import { curvesOf, drawAxis, valueText } from '../../../loadtest/growth/report.ts'
import { mergeResults, type PointResult, parseResults } from '../../../loadtest/growth/results.ts'

const point = (mode: PointResult['mode'], at: number, status: number): PointResult => ({
  axis: 'nodes',
  mode,
  at,
  figures: { status },
})
const results = [point('kernel', 4, 2), point('kernel', 2, 1), point('workers', 2, 5), point('workers', 8, 80)]

it('a row for each figure and mode, a column for each point, and how it grows', () => {
  const [head, kernel, workers] = drawAxis('nodes', results).map((line) => line.split(/ {2,}/))
  expect(head!.filter(Boolean)).toEqual(['nodes of the group', '2', '4', '8', 'slope', 'between'])
  expect(kernel!.filter(Boolean)).toEqual(['kernel: GET /status, ms', '1.00', '2.00', '-', '1.00', '1.0'])
  expect(workers!.filter(Boolean)).toEqual([
    'workers: GET /status, ms',
    '5.00',
    '-',
    '80.0',
    '2.00',
    '2.0',
    'super-linear',
  ])
})

it('what was not measured is no curve', () => {
  expect(curvesOf('nodes', results).map(({ mode, figure }) => `${mode} ${figure}`)).toEqual([
    'kernel status',
    'workers status',
  ])
  expect(curvesOf('vips', results)).toEqual([])
})

it('values have three figures that count', () => {
  expect([0.01234, 1.234, 12.34, 123.4, 12_345, 0, undefined].map(valueText)).toEqual([
    '0.0123',
    '1.23',
    '12.3',
    '123',
    '12,345',
    '0',
    '-',
  ])
})

it('a run takes the place of what was measured at its points, and leaves the rest', () => {
  const merged = mergeResults({ points: results }, [point('kernel', 2, 9)])
  expect(merged.points).toEqual([results[0], results[2], results[3], point('kernel', 2, 9)])
  expect(parseResults(JSON.stringify(merged))).toEqual(merged)
  expect(parseResults('')).toEqual({ points: [] })
  expect(parseResults('{"points":1}')).toEqual({ points: [] })
})

it('a panel shows a factor of ten at least, the curve in its middle', () => {
  const [least, most] = widened([100, 110])
  expect(most / least).toBeCloseTo(10, 10)
  expect(Math.sqrt(least * most)).toBeCloseTo(Math.sqrt(100 * 110), 10)
  expect(widened([1, 1000])).toEqual([1, 1000])
})

it('the plot has a panel for each figure, and a line for each mode', () => {
  const svg = plotAxis('nodes', results, 'of a test')
  expect(svg.match(/<polyline/g)).toHaveLength(2)
  expect(svg).toContain('GET /status, ms')
  expect(svg).toContain('kernel 1.00   workers 2.00')
})
