import { describe, expect, it } from 'vitest'
import { movedSources, RateMeter, servedBy, TrafficWindow } from '../../../runtime/lab/traffic.ts'

const at = (endedAtMs: number, source: number, node: string | null) => ({ source, node, endedAtMs })

describe('servedBy', () => {
  it('believes the embedded proxy', () => {
    expect(servedBy({ 'x-served-by': 'jupiter', via: '1.1 saturn' })).toBe('jupiter')
  })

  it('reads the Via of squid', () => {
    expect(servedBy({ via: '1.1 jupiter (squid/5.7)' })).toBe('jupiter')
    expect(servedBy({ via: '1.1 jupiter, 1.1 outer' })).toBe('jupiter')
  })

  it('knows nobody without either', () => {
    expect(servedBy({})).toBeNull()
    expect(servedBy({ via: 'nonsense' })).toBeNull()
  })
})

describe('TrafficWindow', () => {
  it('counts sources, failures, and the sources at each node', () => {
    const window = new TrafficWindow(100)
    for (const result of [at(100, 1, 'a'), at(101, 1, 'a'), at(102, 2, 'b'), at(103, 3, null)]) window.add(result)
    expect(window.requests).toBe(4)
    expect(window.failures).toBe(1)
    expect(window.lastFailureAtMs).toBe(103)
    expect(window.served(1)).toBe(2)
    expect(window.served(2)).toBe(1)
    expect(window.sourcesPerNode()).toEqual(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    )
  })

  it('leaves out what ended before it was opened', () => {
    const window = new TrafficWindow(100)
    window.add(at(99.9, 1, null))
    expect(window.requests).toBe(0)
    expect(window.failures).toBe(0)
  })

  it('tells a source that two nodes served, and gives it no home', () => {
    const window = new TrafficWindow(0)
    for (const result of [at(1, 1, 'a'), at(2, 1, 'b'), at(3, 2, 'b')]) window.add(result)
    expect(window.wanderers()).toBe(1)
    expect(window.homes()).toEqual(new Map([[2, 'b']]))
  })
})

describe('movedSources', () => {
  const before = new Map([
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
    [4, 'c'],
  ])
  const after = new Map([
    [1, 'a'],
    [2, 'b'],
    [3, 'a'],
  ])

  it('counts the sources that are in both and at another node', () => {
    expect(movedSources(before, after)).toBe(2)
  })

  it('leaves out those whose node has gone', () => {
    expect(movedSources(before, after, 'b')).toBe(1)
  })
})

describe('RateMeter', () => {
  it('reads the requests per second and the shares of the last span only', () => {
    const meter = new RateMeter(2000)
    for (const result of [
      at(500, 1, 'old'),
      at(1500, 1, 'a'),
      at(2000, 2, 'a'),
      at(2500, 3, 'a'),
      at(2900, 4, 'b'),
      at(2950, 5, null),
    ]) {
      meter.add(result)
    }
    expect(meter.read(3000)).toEqual({
      perSecond: 2,
      failed: 1,
      shares: new Map([
        ['a', 0.75],
        ['b', 0.25],
      ]),
    })
    expect(meter.read(9000)).toEqual({ perSecond: 0, failed: 0, shares: new Map() })
  })
})
