import { expect, test } from 'vitest'
import { textsOf } from '../../../../runtime/actor-system/inspection/warning.ts'
import { group, lookOf, OTHER, Stepped } from '../stepped.ts'

const ADDRESS = '10.0.0.2'
const looked = (mac?: string) =>
  ({ type: 'looked', look: lookOf({ neighbours: new Map(mac === undefined ? [] : [[ADDRESS, mac]]) }) }) as const

test('every look asks for the MACs of the other nodes', () => {
  const fastPath = new Stepped().running().expire('look')
  expect(fastPath.asked.findLast(({ type }) => type === 'look')).toEqual({
    type: 'look',
    neighbours: [ADDRESS],
    probed: [],
  })
})

test('a node whose beacons say another MAC than the kernel has heard is named, until both agree, or it is gone', () => {
  const fastPath = new Stepped().running().give(looked('02:00:00:00:00:99'))
  const problems = () => textsOf([...fastPath.state.problems.values()])
  expect(problems()).toEqual([
    expect.stringMatching(/10\.0\.0\.2 has the MAC 02:.*:02 by its beacons, and 02:.*:99 in/),
  ])
  expect(fastPath.give(looked('02:00:00:00:00:99')).lines.filter((line) => line.includes('beacons'))).toHaveLength(1)
  fastPath.give(looked(OTHER))
  expect(problems()).toEqual([])
  fastPath.give(looked('02:00:00:00:00:99')).give(group({ nodes: group().nodes.filter(({ self }) => self) }))
  fastPath.give(looked('02:00:00:00:00:99'))
  expect(problems()).toEqual([])
})

test('what the kernel has not heard says nothing', () => {
  expect(new Stepped().running().give(looked()).state.problems.size).toBe(0)
})
