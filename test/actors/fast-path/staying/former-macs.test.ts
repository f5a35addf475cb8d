import { expect, test } from 'vitest'
import { step } from '../../../../actors/fast-path/machine.ts'
import { group, lookOf, OTHER, Stepped } from '../stepped.ts'

const NEW_MAC = '02:00:00:00:00:77'
const [own, other] = group().nodes
const moved = group({ nodes: [own!, { ...other!, mac: NEW_MAC }] })
const scriptOf = (fastPath: Stepped) => fastPath.asked.findLast((effect) => effect.type === 'apply')?.script ?? ''

test('a node with another MAC: it is the next hop, and frames from the one before are taken as well', () => {
  const script = scriptOf(new Stepped().running().give(moved))
  expect(script).toMatch(new RegExp(`add element netdev proxyha members \\{[^}]*${NEW_MAC}`))
  expect(script).not.toMatch(new RegExp(`delete element netdev proxyha members \\{[^}]*${OTHER}`))
  expect(script).toMatch(new RegExp(`add element netdev proxyha macs \\{[^}]*${NEW_MAC}`))
})

test('half a minute later the one before is a stranger’s', () => {
  const fastPath = new Stepped().running().give(moved).settle()
  const looked = { type: 'looked', look: lookOf() } as const
  fastPath.state = step(fastPath.state, looked, 29_000).state
  expect([...fastPath.state.formerMacs.keys()]).toEqual([OTHER])
  const { effects } = step(fastPath.state, looked, 31_000)
  expect(effects.find((effect) => effect.type === 'apply')?.script).toMatch(
    new RegExp(`delete element netdev proxyha members \\{[^}]*${OTHER}`),
  )
})

test('the interface changed: it is looked at now, not within a second', () => {
  const fastPath = new Stepped().running()
  fastPath.asked = []
  expect(fastPath.give({ type: 'interfaceChanged' }).take('look')).toBeDefined()
})
