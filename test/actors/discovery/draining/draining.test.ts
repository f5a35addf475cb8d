import { describe, expect, it } from 'vitest'
import { SimulatedGroup, settledGroup } from '../simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const

const settled = () => settledGroup([A, B, C])
const order = (address: string, draining: boolean, maintMs: number | null = null) =>
  ({ type: 'drainOrder', address, wish: { draining, maintMs } }) as const
const load = { cpu: 0, memory: 0, pressure: null, activeConnections: 0 }
const isDrained = (group: SimulatedGroup) =>
  group.describe(A).members.find(({ address }) => address === B)?.drained ?? false

it('a node whose kernel does not serve yet, or no more, gets no new clients either, and is not called drained', () => {
  const group = settled()
  group.tell(B, { type: 'serving', serving: false, mayLead: false })
  group.run(10)
  expect(group.health(A)[B]).toBe('draining')
  expect(group.shares(A)).toEqual({ [A]: 2048, [C]: 2048 })
  group.tell(B, { type: 'load', load, countedAtMs: 10_000 })
  group.run(5000)
  expect(isDrained(group)).toBe(false)
  group.tell(B, { type: 'serving', serving: true, mayLead: true })
  group.run(10)
  expect(group.health(A)[B]).toBe('ok')
})

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
    expect(group.counter(C, 'wrongDestination')).toBe(1)
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

describe('maintenance', () => {
  const maintOf = (group: SimulatedGroup, at: string = A) =>
    group.describe(at).members.find(({ address }) => address === B)?.maint
  const upkeep = (group: SimulatedGroup) => group.node(B).upkeep

  it('drains the node, has what is open reset after its timeout, and ends by undrain', () => {
    const group = settled()
    group.tell(A, order(B, true, 5000))
    group.run(10)
    expect([group.health(A)[B], maintOf(group)]).toEqual(['draining', 'on'])
    expect(group.shares(A)).toEqual({ [A]: 2048, [C]: 2048 })
    expect(upkeep(group)).toEqual({ type: 'upkeep', draining: true, resets: false, group: [A, B, C] })
    group.run(4900)
    expect(maintOf(group)).toBe('on')
    group.run(200)
    expect(maintOf(group)).toBe('due')
    expect(upkeep(group)).toMatchObject({ resets: true })
    group.tell(A, order(B, false))
    group.run(10)
    expect([group.health(A)[B], maintOf(group)]).toEqual(['ok', 'off'])
    expect(upkeep(group)).toEqual({ type: 'upkeep', draining: false, resets: false, group: [] })
  })

  it('becomes plain draining by an order to drain, whose node resets nothing', () => {
    const group = settled()
    group.tell(A, order(B, true, 3000))
    group.run(10)
    group.tell(A, order(B, true))
    group.run(10_000)
    expect([group.health(A)[B], maintOf(group)]).toEqual(['draining', 'off'])
    expect(upkeep(group)).toMatchObject({ draining: true, resets: false })
  })

  it('begins no wait anew when its order is repeated', () => {
    const group = settled()
    // The director does not hear that it was taken, and says it again with every beat.
    group.isLost = (frame, to) => to === A && frame.source === B
    group.tell(A, order(B, true, 3000))
    group.run(3100)
    expect(upkeep(group)).toMatchObject({ resets: true })
  })

  it('resets nothing at a node that has to serve, and does so as soon as another one serves', () => {
    const group = settled()
    for (const address of [A, C]) group.tell(address, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(1000)
    group.tell(A, order(B, true, 1000))
    group.run(10_000)
    expect(group.shares(A)).toEqual({ [B]: 4096 })
    expect([maintOf(group), upkeep(group)?.resets]).toEqual(['on', false])
    group.tell(C, { type: 'monitor', state: 'ok', failedPorts: [] })
    group.run(3000)
    expect(group.shares(A)).toEqual({ [C]: 4096 })
    expect([maintOf(group), upkeep(group)?.resets]).toEqual(['due', true])
    // Serving again, it leaves alone what is open.
    group.tell(C, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(3000)
    expect(group.shares(A)).toEqual({ [B]: 4096 })
    expect(upkeep(group)).toMatchObject({ resets: false })
  })

  it('outlives the process, with a timeout of half a minute', () => {
    const group = settled()
    group.tell(A, order(B, true, 60_000))
    group.run(10)
    group.kill(B)
    group.restart(B)
    group.assume(B, A)
    group.run(5000)
    expect(maintOf(group)).toBe('on')
    group.run(27_000)
    expect(maintOf(group)).toBe('due')
    group.tell(A, order(B, false))
    group.run(10)
    expect([...group.drainMark.marks]).toEqual([])
  })
})

describe('a node that fails', () => {
  it.each([[false], [true]])('has what is open reset only where that is configured: %s', (resetsOnFailure) => {
    const group = new SimulatedGroup()
    for (const address of [A, B, C]) group.add(address, { resetsOnFailure })
    group.elect(A)
    group.run(4500)
    group.tell(B, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(1000)
    expect(group.node(B).upkeep?.resets ?? false).toBe(resetsOnFailure)
    group.tell(B, { type: 'monitor', state: 'ok', failedPorts: [] })
    expect(group.node(B).upkeep?.resets ?? false).toBe(false)
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
    const line = `drained: node-86 (${B}) has no connection left`
    for (const address of [A, B]) expect(group.lines(address).filter((each) => each === line)).toEqual([line])
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
