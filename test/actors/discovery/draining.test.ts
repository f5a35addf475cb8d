import { describe, expect, it } from 'vitest'
import { SimulatedGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const

function settled(): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of [A, B, C]) group.add(address)
  group.elect(A)
  group.run(4500)
  return group
}
const order = (address: string, draining: boolean) => ({ type: 'drainOrder', address, draining }) as const
const load = { cpu: 0, memory: 0, pressure: null, activeConnections: 0 }
const isDrained = (group: SimulatedGroup) =>
  group.describe(A).members.find(({ address }) => address === B)?.drained ?? false

describe('an order to drain', () => {
  it('given at the node itself is told to the director at once', () => {
    const group = settled()
    group.tell(B, order(B, true))
    group.run(10)
    expect(group.health(A)[B]).toBe('draining')
    expect(group.shares(A)).toEqual({ [A]: 2048, [C]: 2048 })
    group.tell(B, order(B, false))
    group.run(10)
    expect(group.health(A)[B]).toBe('ok')
  })

  it('given at the director reaches the node, although the first three beacons of it are lost', () => {
    const group = settled()
    let lost = 0
    group.isLost = (frame, to) => to === B && frame.source === A && frame.destination === B && ++lost <= 3
    group.tell(A, order(B, true))
    group.run(5000)
    expect(lost).toBeGreaterThan(3)
    expect(group.health(A)[B]).toBe('draining')
    const sent = group.counter(A, 'ordersSent')
    group.run(5000)
    expect(group.counter(A, 'ordersSent')).toBe(sent)
  })

  it('that its node never takes is given up after five beats, with a line', () => {
    const group = settled()
    group.isLost = (frame, to) => to === B && frame.destination === B
    group.tell(A, order(B, true))
    group.run(20_000)
    expect(group.counter(A, 'ordersSent')).toBe(6)
    expect(group.lines(A)).toContain(`node-86 (${B}) did not take the order to drain`)
  })

  it('of a node that is not known is none', () => {
    const group = settled()
    group.tell(A, order('10.10.74.99', true))
    group.run(5000)
    expect(group.counter(A, 'ordersSent')).toBe(0)
  })

  it('is obeyed by whom it names, and from a node that is known', () => {
    const group = settled()
    const [strayOrder] = recorded(group, () => group.tell(A, order(B, true)))
    // The same beacon, sent to another node.
    group.transmit({ ...strayOrder!, destination: C, atMs: group.nowMs })
    group.run(10)
    expect(group.health(A)[C]).toBe('ok')
    expect(group.counter(C, 'orderForAnother')).toBe(1)
  })

  it('outlives the director, a crash of discovery, and the process', () => {
    const group = settled()
    group.tell(A, order(B, true))
    group.run(10)
    group.kill(A)
    group.elect(C)
    group.run(5000)
    expect(group.health(C)[B]).toBe('draining')
    group.restartDiscovery(B)
    group.run(3000)
    expect(group.health(C)[B]).toBe('draining')
    group.kill(B)
    group.restart(B)
    group.assume(B, C)
    group.run(3000)
    expect(group.health(C)[B]).toBe('draining')
    group.tell(C, order(B, false))
    group.run(10)
    expect(group.health(C)[B]).toBe('ok')
    expect(group.drainMark.isSet(B)).toBe(false)
  })
})

describe('a node is drained', () => {
  it('when a count two seconds after the order finds no connection, not by an older one', () => {
    const group = settled()
    group.tell(B, { type: 'load', load, countedAtMs: group.nowMs })
    group.tell(A, order(B, true))
    group.run(3000)
    expect(isDrained(group)).toBe(false)
    group.tell(B, { type: 'load', load: { ...load, activeConnections: 1 }, countedAtMs: group.nowMs })
    group.run(1000)
    expect(isDrained(group)).toBe(false)
    group.tell(B, { type: 'load', load, countedAtMs: group.nowMs })
    group.run(1000)
    expect(isDrained(group)).toBe(true)
    group.tell(B, order(B, false))
    group.run(1000)
    expect(isDrained(group)).toBe(false)
  })
})

/** The frames that node sends because of that, kept from the medium's other receivers. */
function recorded(group: SimulatedGroup, act: () => void) {
  const before = group.frames.length
  act()
  return group.frames.slice(before)
}
