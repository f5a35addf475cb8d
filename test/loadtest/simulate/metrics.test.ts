import { describe, expect, it } from 'vitest'
import { CPU_SMOOTHING_MS } from '../../../actors/stats-reporter/machine.ts'
import type { Balancer } from '../../../loadtest/simulate/balancer.ts'
import { Metrics } from '../../../loadtest/simulate/metrics.ts'
import { Nodes } from '../../../loadtest/simulate/nodes.ts'
import { SeededRandom } from '../../fakes/random.ts'

/** Two nodes, of which one can do twice what the other can: 20 and 10. */
const twoNodes = () => {
  const nodes = new Nodes([{ capacity: 200 }, { capacity: 100 }], 0.1)
  for (const node of [0, 1]) nodes.apply({ type: 'joins', atS: 0, node })
  return nodes
}
const weighing = (...weights: readonly number[]): Balancer => ({
  name: 'fixed',
  keepsConnections: true,
  observe: () => {},
  route: () => 0,
  weights: () => weights,
})

describe('the load share', () => {
  it('is 1 for all when each node has work in proportion to what it can do', () => {
    const [metrics, nodes] = [new Metrics(0), twoNodes()]
    nodes.work.set([10, 5])
    metrics.second(0, nodes, weighing(2, 1))
    expect(metrics.outcome({ name: 'x' })).toMatchObject({
      share: { p50: 1, p99: 1, max: 1 },
      maxToMean: 1,
      beyondCapacity: 0,
    })
  })

  it('counts what else takes the CPU of a node, and the work that is beyond what is left', () => {
    const [metrics, nodes] = [new Metrics(0), twoNodes()]
    nodes.work.set([10, 5])
    nodes.apply({ type: 'busy', atS: 0, node: 0, share: 0.75 })
    metrics.second(0, nodes, weighing(2, 1))
    const { share, beyondCapacity } = metrics.outcome({ name: 'x' })
    // 10 of 5 at the one, 5 of 10 at the other, 15 of 15 together.
    expect(share.max).toBeCloseTo(2)
    expect(share.p50).toBeCloseTo(0.5)
    expect(beyondCapacity).toBeCloseTo(5 / 15)
  })

  it('leaves dead nodes out, and the time of the warm-up', () => {
    const [metrics, nodes] = [new Metrics(1), twoNodes()]
    nodes.work.set([20, 0])
    metrics.second(0, nodes, weighing(2, 1))
    nodes.apply({ type: 'dies', atS: 1, node: 1 })
    metrics.second(1, nodes, weighing(2, 0))
    expect(metrics.outcome({ name: 'x' }).share).toEqual({ p50: 1, p99: 1, max: 1 })
  })
})

describe('weights', () => {
  it('count each change after the warm-up, and each that goes back on the one before', () => {
    const [metrics, nodes] = [new Metrics(1), twoNodes()]
    for (const [atS, weight] of [1, 2, 2, 3, 2, 2, 3].entries()) metrics.second(atS, nodes, weighing(weight, 1))
    expect(metrics.outcome({ name: 'x' })).toMatchObject({ weightChanges: 4, weightReversals: 2 })
  })
})

describe('a node', () => {
  it('is impaired while it is down or asked for nine tenths of its CPU, and relieved when that ends', () => {
    const nodes = twoNodes()
    const random = new SeededRandom(1)
    nodes.work.set([10, 9.5])
    nodes.measure(10, random)
    expect([...nodes.impairedAtS]).toEqual([Number.NEGATIVE_INFINITY, 10])
    nodes.apply({ type: 'dies', atS: 11, node: 0 })
    nodes.measure(11, random)
    nodes.apply({ type: 'joins', atS: 12, node: 0 })
    expect([nodes.impairedAtS[0], nodes.relievedAtS[0]]).toEqual([11, 12])
  })

  it('says how busy its CPU is, smoothed over seconds, within the noise', () => {
    const nodes = twoNodes()
    const random = new SeededRandom(1)
    nodes.work.set([10, 5])
    nodes.measure(0, random)
    expect(nodes.cpu[0]).toBeCloseTo(0.5 * (1 - Math.exp(-1000 / CPU_SMOOTHING_MS)), 1)
    for (let nowS = 1; nowS < 30; nowS++) nodes.measure(nowS, random)
    expect(nodes.cpu[0]).toBeCloseTo(0.5, 1)
  })
})
