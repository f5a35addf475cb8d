import { describe, expect, test } from 'vitest'
import { YIELD_MS } from '../../../actors/announcer/holding/yielding.ts'
import { leaseMs, masterDownMs } from '../../../actors/elector/intervals.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { v2, v3 } from './bench.ts'
import { Group, type Node } from './group.ts'

/** Messages between threads and over the wire. */
const WAYS_MS = 1
const PRIORITIES = [99, 89, 79, 69, 59]

const variants: readonly (readonly [string, ElectorOptions])[] = [
  ['v2, 1 s', v2],
  ['v3, 1 s', v3],
  ['v3, 100 ms', { ...v3, advertIntervalCs: 10 }],
  ['v3, 10 ms', { ...v3, advertIntervalCs: 1 }],
]

function groupOf(size: number, options: ElectorOptions): { readonly group: Group; readonly nodes: readonly Node[] } {
  const group = new Group()
  const nodes = PRIORITIES.slice(0, size).map((priority, index) =>
    group.add({ ...options, priority, primaryAddress: `10.10.74.${80 + index}` }).start(),
  )
  return { group, nodes }
}

const intervalOf = ({ advertIntervalCs }: ElectorOptions): number => advertIntervalCs * 10

/** The longest that the group may go without a director when `node` is to follow. */
function bound(options: ElectorOptions, node: Node): number {
  const { priority } = node.elector.options
  return masterDownMs({ version: options.version, priority }, intervalOf(options)) + WAYS_MS
}

describe.each(variants)('a group, %s', (_, options) => {
  test.each([2, 3, 5])('of %i has exactly one master and one holder, the highest priority', (size) => {
    const { group, nodes } = groupOf(size, options)
    group.advance(bound(options, nodes[0]!))
    expect(group.masters()).toEqual([nodes[0]])
    expect(group.holders()).toEqual([nodes[0]])
    group.watchGaps()
    group.advance(60 * intervalOf(options))
    expect(group.masters()).toEqual([nodes[0]])
    expect(group.longestGapMs).toBe(0)
    expect(group.overlapMs).toBe(0)
    expect(nodes.slice(1).flatMap(({ sentAtMs }) => sentAtMs)).toEqual([])
  })

  test('fails over within 3 x interval + skew when the director is killed, never held twice once its kernel has let go', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    group.watchGaps()
    nodes[0]!.kill()
    nodes[0]!.linked = false
    group.advance(bound(options, nodes[1]!) + 10)
    expect(group.masters()).toEqual([nodes[1]])
    expect(group.holders()).toEqual([nodes[1]])
    expect(group.longestGapMs).toBeLessThanOrEqual(bound(options, nodes[1]!))
    expect(group.longestGapMs).toBeGreaterThan(intervalOf(options))
  })

  test('preempts on return: the old director takes over again, two holders only for as long as the old one yields', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    const [first, second] = nodes as [Node, Node]
    first.elect({ type: 'shutdown' })
    group.advance(10_000)
    expect(group.holders()).toEqual([second])
    first.elect({ type: 'start' })
    group.watchGaps()
    group.advance(bound(options, first) + WAYS_MS + YIELD_MS)
    expect(group.masters()).toEqual([first])
    expect(group.holders()).toEqual([first])
    expect(group.longestGapMs).toBe(0)
    expect(group.overlapMs).toBeLessThan(WAYS_MS + YIELD_MS)
  })

  test('an ordered shutdown hands over within the skew of the next (rules 10 and 19)', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    group.watchGaps()
    nodes[0]!.elect({ type: 'shutdown' })
    group.advance(10_000)
    expect(group.holders()).toEqual([nodes[1]])
    expect(group.longestGapMs).toBeLessThan(bound(options, nodes[1]!) - leaseMs(intervalOf(options)))
  })

  test('a director stopped for 10 s holds nothing and sends nothing in the instant after it goes on', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    const [first, second] = nodes as [Node, Node]
    const sentBefore = first.sentAtMs.length
    first.stop()
    group.advance(10_000)
    expect(group.holders()).toEqual([second])
    first.resume()
    expect(first.holds()).toBe(false)
    expect(first.elector.phase.label).toBe('BACKUP')
    group.advance(WAYS_MS)
    expect(first.sentAtMs).toHaveLength(sentBefore)
    expect(group.holders()).toEqual([second])
    // It hears the new director, is of higher priority, and takes over in order.
    group.advance(bound(options, first) + YIELD_MS)
    expect(group.holders()).toEqual([first])
  })

  test('a backup stopped for 10 s does not take over from a director that was alive all the time', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    const [first, second] = nodes as [Node, Node]
    second.stop()
    group.advance(10_000)
    second.resume()
    group.advance(WAYS_MS)
    expect(second.elector.phase.label).toBe('BACKUP')
    group.advance(10_000)
    expect(second.sentAtMs).toEqual([])
    expect(group.holders()).toEqual([first])
  })

  test('a split has a director on either side; healed, the higher one stays', () => {
    const { group, nodes } = groupOf(2, options)
    group.advance(20_000)
    const [first, second] = nodes as [Node, Node]
    second.linked = false
    group.advance(20_000)
    expect(group.masters()).toEqual([first, second])
    second.linked = true
    group.advance(2 * intervalOf(options) + YIELD_MS)
    expect(group.masters()).toEqual([first])
    expect(group.holders()).toEqual([first])
  })

  test('stepping down moves the VIP to the next without a gap, and it stays there', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    group.watchGaps()
    nodes[0]!.elect({ type: 'stepDown' })
    group.advance(30_000)
    expect(group.holders()).toEqual([nodes[1]])
    expect(group.longestGapMs).toBe(0)
    expect(group.overlapMs).toBeLessThan(WAYS_MS + YIELD_MS)
  })

  test('what has stepped down comes back when the follower steps down, again without a gap', () => {
    const { group, nodes } = groupOf(3, options)
    group.advance(20_000)
    group.watchGaps()
    nodes[0]!.elect({ type: 'stepDown' })
    group.advance(10_000)
    nodes[1]!.elect({ type: 'stepDown' })
    group.advance(10_000)
    expect(group.holders()).toEqual([nodes[0]])
    expect(group.longestGapMs).toBe(0)
  })
})

describe('with adverts of 1 s', () => {
  test.each([v2, v3])(
    'a director stopped at any moment of its interval is never one of two holders, v$version',
    (options) => {
      for (let offsetMs = 0; offsetMs < 1000; offsetMs += 83) {
        const { group, nodes } = groupOf(3, options)
        group.advance(20_000 + offsetMs)
        nodes[0]!.stop()
        group.advance(10_000)
        nodes[0]!.resume()
        expect(group.overlapMs).toBe(0)
      }
    },
  )

  test.each([v2, v3])(
    'a director killed at any moment of its interval is never one of two holders, v$version',
    (options) => {
      for (let offsetMs = 0; offsetMs < 1000; offsetMs += 83) {
        const { group, nodes } = groupOf(3, options)
        group.advance(20_000 + offsetMs)
        nodes[0]!.kill()
        group.advance(10_000)
        expect(group.holders()).toEqual([nodes[1]])
        expect(group.overlapMs).toBe(0)
      }
    },
  )
})

test('nodes of one priority: the higher address is the only master in the end', () => {
  const group = new Group()
  const addresses = ['10.10.74.9', '10.10.74.100', '10.10.74.70']
  const nodes = addresses.map((primaryAddress) => group.add({ ...v2, primaryAddress }).start())
  group.advance(20_000)
  expect(group.masters()).toEqual([nodes[1]])
  expect(group.holders()).toEqual([nodes[1]])
})
