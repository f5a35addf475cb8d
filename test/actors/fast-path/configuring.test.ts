import { describe, expect, test } from 'vitest'
import { servedPorts } from '../../../actors/fast-path/configuring.ts'
import type { FastPathSettings } from '../../../actors/fast-path/state.ts'
import { done } from '../../../runtime/ports/result.ts'
import { role, SETTINGS, Stepped, VIP } from './stepped.ts'

const OTHER_VIP = '10.0.0.6'
const BOTH = [VIP, OTHER_VIP]
const configured = (settings: Partial<FastPathSettings>) =>
  ({ type: 'configured', settings: { ...SETTINGS, ...settings } }) as const
/** Leads, and knows who has connections where. */
function director(): Stepped {
  const fastPath = new Stepped().running().give(role('director')).settle()
  while (fastPath.state.timers.has('hearing')) fastPath.expire('hearing')
  return fastPath.settle()
}
const roleWith = (virtualIps: readonly string[]) => ({ ...role('director'), virtualIps })

describe('redirects', () => {
  test('one that is added is a change of elements', () => {
    const fastPath = director().give(configured({ redirects: [...SETTINGS.redirects, to(3129, 81)] }))
    const script = fastPath.take('apply')?.script
    expect(script).toContain('add element netdev proxyha to_proxy { 81 : 3129 }')
    expect(script).not.toMatch(/delete table netdev|flush map/)
    expect(fastPath.take('resetConnections')).toBeUndefined()
  })

  test('by one that is removed nothing new begins; what is open goes on, for as long as the process runs', () => {
    const fastPath = director().give(configured({ redirects: [to(3129, 81)] }))
    const script = fastPath.take('apply')?.script
    expect(script).toContain(
      'add rule netdev proxyha direct4 tcp dport { 80 } tcp flags & (syn | rst) == syn goto reset4',
    )
    expect(script).not.toMatch(/delete element netdev proxyha (original_ports|to_proxy)/)
    expect(fastPath.take('resetConnections')).toBeUndefined()
  })

  test('one that leads to another proxy port has what is open by it reset before the rules change', () => {
    const fastPath = director().give(configured({ redirects: [to(3129, 80)] }))
    const kinds = fastPath.asked.map(({ type }) => type)
    expect(kinds.indexOf('resetConnections')).toBeLessThan(kinds.indexOf('apply'))
    expect(fastPath.take('resetConnections')).toMatchObject({ ports: [3128], addresses: [VIP] })
  })

  test('but not where another original port leads to the same proxy port', () => {
    const fastPath = director()
      .give(configured({ redirects: [to(3128, 80, 82)] }))
      .settle()
    fastPath.give(configured({ redirects: [to(3129, 80), to(3128, 82)] }))
    expect(fastPath.take('resetConnections')).toBeUndefined()
  })
})

describe('a virtual IP that is added', () => {
  test('is served by a node when the rules are there, and on lo after them', () => {
    const fastPath = new Stepped().running().give(configured({ virtualIps: BOTH }))
    expect(fastPath.take('apply')?.script).toContain('10.0.0.6 : goto serve4')
    expect(fastPath.take('putAddresses')).toBeUndefined()
    fastPath.give({ type: 'applied', result: done })
    expect(fastPath.take('putAddresses')?.addresses).toEqual([OTHER_VIP])
  })

  test('is led when the elector says so: no takeover, so that nothing is held up', () => {
    const fastPath = director()
      .give(configured({ virtualIps: BOTH }))
      .settle()
      .give(roleWith(BOTH))
    const script = fastPath.take('apply')?.script
    expect(script).toContain('10.0.0.6 : goto direct4')
    expect(script).not.toContain('flush')
    expect(fastPath.state.hearing).toBeNull()
    fastPath.asked = fastPath.asked.filter(({ type }) => type !== 'tellForwarded')
    fastPath.give({ type: 'applied', result: done })
    expect(fastPath.take('tellForwarded')).toMatchObject({ virtualIps: BOTH, ready: BOTH })
  })

  test('whichever of both comes first', () => {
    const fastPath = director().give(roleWith(BOTH))
    expect([fastPath.take('apply'), fastPath.state.hearing]).toEqual([undefined, null])
    expect(fastPath.give(configured({ virtualIps: BOTH })).take('apply')?.script).toContain('10.0.0.6 : goto direct4')
  })

  test('that another instance had until now, of which this host was no director: who has connections there is heard', () => {
    const other = { ...role('scanning'), instance: 'other', virtualIps: [OTHER_VIP], masterAddress: '10.0.0.2' }
    const fastPath = new Stepped()
      .running()
      .give(configured({ virtualIps: BOTH }))
      .give(other)
    fastPath.give(role('director')).settle()
    while (fastPath.state.timers.has('hearing')) fastPath.expire('hearing')
    fastPath
      .settle()
      .give({ ...other, virtualIps: ['10.0.0.7'] })
      .give(roleWith(BOTH))
    expect(fastPath.state.hearing).toBeNull()
    fastPath
      .give({ ...other, virtualIps: [OTHER_VIP] })
      .give(roleWith([VIP]))
      .give(roleWith(BOTH))
    expect(fastPath.state.hearing).not.toBeNull()
  })
})

describe('a virtual IP that is removed', () => {
  const leadsBoth = () =>
    director()
      .give(configured({ virtualIps: BOTH }))
      .settle()
      .give(roleWith(BOTH))
      .settle()

  test('has its connections reset, then no rules, and then it is off lo', () => {
    const fastPath = leadsBoth()
    fastPath.asked = []
    fastPath.give(configured({}))
    expect(fastPath.take('resetConnections')).toMatchObject({ ports: [3128], addresses: [OTHER_VIP] })
    expect(fastPath.take('apply')?.script).toContain('delete element netdev proxyha vips4 { 10.0.0.6 }')
    expect(fastPath.take('removeAddresses')).toBeUndefined()
    fastPath.give({ type: 'applied', result: done })
    expect(fastPath.take('removeAddresses')?.addresses).toEqual([OTHER_VIP])
  })

  test('is given way for by nobody: the other one is forwarded as ever', () => {
    const fastPath = leadsBoth()
      .give(configured({}))
      .settle()
      .give(roleWith([VIP]))
      .settle()
    expect(fastPath.state.givingWay.size).toBe(0)
    expect(fastPath.state.applied?.givingWay).toBe(false)
  })

  test('also where the elector says so first', () => {
    const fastPath = leadsBoth()
      .give(roleWith([VIP]))
      .settle()
      .give(configured({}))
      .settle()
    expect(fastPath.state.givingWay.size).toBe(0)
    expect(fastPath.state.applied?.virtualIps).toEqual([{ address: VIP, role: 'director' }])
  })
})

test('routes to a subnet in which there is no virtual IP any more go, and new ones come with a look', () => {
  const route = { address: '10.9.0.0', prefixLength: 24 }
  const fastPath = director().give(configured({ answerRoutes: [route] }))
  expect(fastPath.take('look')).toBeDefined()
  fastPath.settle().give(configured({ answerRoutes: [] }))
  expect(fastPath.take('removeAnswerRoutes')?.answerRoutes).toEqual([route])
})

describe('ranges of ports', () => {
  const ranges = [{ first: 50_000, last: 50_002 }]

  test('are forwarded by a rule of their own, and their clients have to stay as any others', () => {
    const fastPath = director().give(configured({ portRanges: ranges }))
    const script = fastPath.take('apply')?.script
    expect(script).toContain('add rule netdev proxyha direct4 tcp dport { 50000-50002 } goto spread4')
    expect(script).not.toMatch(/delete table|element/)
    expect(servedPorts(fastPath.state)).toEqual([3128, 50_000, 50_001, 50_002])
  })

  test('that are removed have what is open by them reset, but for ports that are in others', () => {
    const fastPath = director()
      .give(configured({ portRanges: ranges }))
      .settle()
    fastPath.give(configured({ portRanges: [{ first: 50_002, last: 50_010 }] }))
    expect(fastPath.take('resetConnections')).toMatchObject({ ports: [50_000, 50_001], addresses: [VIP] })
  })
})

function to(proxyPort: number, ...originalPorts: readonly number[]) {
  return { originalPorts, proxyPort }
}
