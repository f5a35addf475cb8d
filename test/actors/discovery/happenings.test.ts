import { beforeEach, describe, expect, test } from 'vitest'
import { SimulatedGroup } from './simulated-group.ts'

const [JUPITER, SATURN, URANUS] = ['10.0.0.9', '10.0.0.8', '10.0.0.7'] as const

let group: SimulatedGroup
beforeEach(() => {
  group = new SimulatedGroup()
  for (const address of [JUPITER, SATURN, URANUS]) group.add(address)
  group.elect(JUPITER)
  group.run(5000)
})

/** What a node has told since it was asked last. */
const told = (address: string): readonly string[] =>
  group
    .node(address)
    .happened.splice(0)
    .map(({ kind, node = 'this node', what }) => `${kind}: ${node} ${what}`)
const toldByAll = () => [JUPITER, SATURN].map(told)
const alike = (...lines: readonly string[]) => [lines, lines]

describe('every node tells of each other', () => {
  test('that it joined', () => {
    expect(told(JUPITER).toSorted()).toEqual(['nodeJoined: node-7 joined', 'nodeJoined: node-8 joined'])
    expect(told(SATURN).toSorted()).toEqual(['nodeJoined: node-7 joined', 'nodeJoined: node-9 joined'])
  })

  test('that its proxy fails, on which port, and that it serves again', () => {
    toldByAll()
    group.tell(URANUS, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(2500)
    expect(toldByAll()).toEqual(alike('nodeFailed: node-7 failed: its proxy fails on port 3128'))
    group.tell(URANUS, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(2500)
    expect(toldByAll()).toEqual(alike('nodeReturned: node-7 serves again'))
  })

  test('that it is missing, once, and that it is back', () => {
    toldByAll()
    group.kill(URANUS)
    group.run(3_600_000)
    expect(toldByAll()).toEqual(alike('nodeMissing: node-7 is not heard any more'))
    group.restart(URANUS)
    group.assume(URANUS, JUPITER)
    group.run(5000)
    expect(toldByAll()).toEqual(alike('nodeReturned: node-7 is back'))
  })

  test('that it was stopped, and that it is forgotten where it was not', () => {
    toldByAll()
    group.tell(URANUS, { type: 'stop' })
    group.kill(URANUS)
    group.run(5000)
    expect(toldByAll()).toEqual(alike('nodeLeft: node-7 was stopped'))
    group.restart(URANUS)
    group.assume(URANUS, JUPITER)
    group.run(3000)
    expect(toldByAll()).toEqual(alike('nodeJoined: node-7 joined'))
    group.kill(URANUS)
    group.run(10_000)
    toldByAll()
    group.tell(JUPITER, { type: 'forgetOrder', address: URANUS })
    group.run(3000)
    expect(toldByAll()).toEqual(alike('forget: node-7 is forgotten: it is not missed any more'))
  })

  test('that it drains, is drained and serves again; it tells so itself, too', () => {
    toldByAll()
    told(URANUS)
    group.tell(JUPITER, { type: 'drainOrder', address: URANUS, wish: { draining: true, maintMs: null } })
    group.run(3000)
    const drains = 'drains: it gets no new connections'
    expect(told(URANUS)).toEqual([`drain: this node ${drains}`])
    expect(toldByAll()).toEqual(alike(`drain: node-7 ${drains}`))
    const load = { cpu: 0, memory: 0, pressure: null, activeConnections: 0 }
    group.tell(URANUS, { type: 'load', load, countedAtMs: group.nowMs })
    group.run(3000)
    expect(told(URANUS)).toEqual(['drained: this node has no connection left'])
    expect(toldByAll()).toEqual(alike('drained: node-7 has no connection left'))
    group.tell(URANUS, { type: 'drainOrder', address: URANUS, wish: { draining: false, maintMs: null } })
    group.run(3000)
    expect(toldByAll()).toEqual(alike('undrain: node-7 gets new connections'))
  })

  test('that it is in maintenance, and at itself when what is open is reset', () => {
    toldByAll()
    told(URANUS)
    // Others serve, so that its time comes.
    group.run(10_000)
    group.tell(URANUS, { type: 'drainOrder', address: URANUS, wish: { draining: true, maintMs: 2000 } })
    group.run(10_000)
    expect(toldByAll()).toEqual(alike('maint: node-7 is in maintenance: it gets no new connections'))
    expect(told(URANUS)).toEqual([
      'maint: this node is in maintenance: it gets no new connections',
      'maint: this node resets what is open: the time of its maintenance is over',
    ])
  })
})
