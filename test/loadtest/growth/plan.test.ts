import { expect, it } from 'vitest'
import { modes } from '../../../loadtest/group/network.ts'
import { loadTest } from '../../../loadtest/growth/load-test.ts'
import { axes, mostConnections, pointsOf, spans, tableSizeFor } from '../../../loadtest/growth/plan.ts'

const FILES = 20_000

it('without a name all axes are measured, in both modes, at points of their own', () => {
  const parsed = loadTest.parse([])
  expect(parsed).toMatchObject({ type: 'run', options: { axes, modes, points: undefined, takeovers: 1 } })
})

it('points are those of one axis, and within what it allows', () => {
  expect(loadTest.parse(['--axis', 'nodes', '--points', '2,64'])).toMatchObject({
    type: 'run',
    options: { axes: ['nodes'], points: [2, 64] },
  })
  expect(loadTest.parse(['--points', '2'])).toMatchObject({ type: 'mistake' })
  expect(loadTest.parse(['--axis', 'nodes', '--points', '65'])).toMatchObject({ type: 'mistake' })
  expect(loadTest.parse(['--axis', 'instances', '--points', '9'])).toMatchObject({ type: 'mistake' })
  expect(loadTest.parse(['--axis', 'moons'])).toMatchObject({ type: 'mistake' })
})

it('points go up, and are what the axis allows', () => {
  for (const axis of axes) {
    for (const mode of modes) {
      const points = spans[axis].points[mode]
      expect(points).toEqual([...points].sort((one, other) => one - other))
      expect(points[0]).toBeGreaterThanOrEqual(spans[axis].least)
      expect(points.at(-1)).toBeLessThanOrEqual(spans[axis].most)
    }
  }
})

it('connections that a gateway has no descriptors for are as many as it has, which is said', () => {
  const most = mostConnections('workers', FILES)
  expect(most).toBe(9650)
  expect(pointsOf('connections', 'workers', undefined, FILES)).toEqual({
    points: [100, 1000, most],
    bound: '20000 descriptors of a process are 9650 connections in workers mode',
  })
  expect(pointsOf('connections', 'kernel', undefined, FILES)).toEqual({
    points: [100, 1000, 10_000, 50_000],
    bound: null,
  })
  expect(pointsOf('nodes', 'workers', [2, 64], FILES)).toEqual({ points: [2, 64], bound: null })
})

it('the table of clients has room for all of them', () => {
  expect(tableSizeFor(100)).toBe(65_536)
  expect(tableSizeFor(spans.clients.most)).toBeLessThanOrEqual(4_194_304)
})
