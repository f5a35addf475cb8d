import { describe, expect, it } from 'vitest'
import { clientIps } from '../../../runtime/lab/plan.ts'
import { judge } from '../../../runtime/lab/tour.ts'
import { TrafficWindow } from '../../../runtime/lab/traffic.ts'

/** A window in which each client was served four times, by turns of `nodes`. */
function steady(...nodes: string[]): TrafficWindow {
  const window = new TrafficWindow(0)
  for (let round = 1; round <= 4; round++) {
    clientIps.forEach((_ip, source) => {
      window.add({ source, node: nodes[source % nodes.length] ?? null, endedAtMs: round })
    })
  }
  return window
}

describe('judge', () => {
  it('finds nothing wrong with clients that stick to the nodes that should serve', () => {
    expect(judge(steady('a', 'b', 'c'), ['a', 'b', 'c'])).toBe('')
  })

  it('names a failed request', () => {
    const window = steady('a')
    window.add({ source: 0, node: null, endedAtMs: 9 })
    expect(judge(window, ['a'])).toBe('1 of 801 requests failed')
  })

  it('names clients that wander', () => {
    const window = steady('a', 'b')
    window.add({ source: 0, node: 'b', endedAtMs: 9 })
    expect(judge(window, ['a', 'b'])).toBe('1 clients do not stay at one node')
  })

  it('names a node without clients, and one that should have none', () => {
    expect(judge(steady('a', 'b'), ['a', 'b', 'c'])).toBe('c gets no clients')
    expect(judge(steady('a', 'b', 'c'), ['a', 'b'])).toBe('c still serves clients')
  })

  it('names clients that are not served', () => {
    expect(judge(new TrafficWindow(0), ['a'])).toBe('only 0 of 200 clients are served steadily')
  })
})
