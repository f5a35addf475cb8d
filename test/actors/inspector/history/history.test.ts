import { describe, expect, it } from 'vitest'
import type { NodeFigures } from '../../../../actors/discovery/messages.ts'
import { History } from '../../../../actors/inspector/history/history.ts'

const WALL_MS = Date.parse('2026-03-01T03:00:00Z')
const SATURN = '10.0.0.2'

const saturn = (connections: number | null, change: Partial<NodeFigures> = {}): NodeFigures => ({
  address: SATURN,
  name: 'saturn',
  activeConnections: 4,
  slots: 2048,
  ageMs: 0,
  traffic:
    connections === null ? null : { connections, failed: 0, bytesIn: connections * 100, bytesOut: connections * 1000 },
  ...change,
})

/** A history of so many seconds; null: nothing was heard of the node. */
function historyOf(seconds: number, at: (second: number) => NodeFigures | null): History {
  const history = new History('abc')
  for (let second = 0; second < seconds; second++) {
    const figures = at(second)
    history.note(figures === null ? [] : [figures], second * 1000, WALL_MS + second * 1000)
  }
  return history
}

describe('the history', () => {
  it('has a point a second with the rates of each node, the oldest first', () => {
    const answer = historyOf(5, (second) => saturn(10 * second)).answer()
    expect(answer).toEqual({
      epoch: 'abc',
      stepMs: 1000,
      from: '2026-03-01T03:00:00.000Z',
      points: 5,
      nodes: [
        {
          address: SATURN,
          name: 'saturn',
          activeConnections: [4, 4, 4, 4, 4],
          connectionsPerS: [null, 10, 10, 10, 10],
          bytesInPerS: [null, 1000, 1000, 1000, 1000],
          bytesOutPerS: [null, 10_000, 10_000, 10_000, 10_000],
          slots: [2048, 2048, 2048, 2048, 2048],
        },
      ],
    })
  })

  it('has 900 points at most, and those after a time', () => {
    const history = historyOf(1000, (second) => saturn(second))
    const answer = history.answer()
    expect([answer.points, answer.from]).toEqual([900, '2026-03-01T03:01:40.000Z'])
    const last = history.answer(WALL_MS + 997_000)
    expect([last.points, last.from]).toEqual([2, '2026-03-01T03:16:38.000Z'])
    expect(last.nodes[0]?.connectionsPerS).toEqual([1, 1])
    expect(history.answer(WALL_MS + 999_000)).toMatchObject({ points: 0, nodes: [{ slots: [] }] })
  })

  it('has a gap where nothing was heard, and where this process stood still', () => {
    const history = historyOf(4, (second) => (second === 2 ? null : saturn(10 * second)))
    expect(history.answer().nodes[0]).toMatchObject({
      activeConnections: [4, 4, null, 4],
      connectionsPerS: [null, 10, null, 10],
    })
    history.note([saturn(90)], 9000, WALL_MS + 9000)
    expect(history.answer().nodes[0]?.slots).toEqual([2048, 2048, null, 2048, null, null, null, null, null, 2048])
  })

  it('has no rate, and no 0, where nobody counts, and none over the moment when a counter began anew', () => {
    expect(historyOf(3, () => saturn(null)).answer().nodes[0]?.connectionsPerS).toEqual([null, null, null])
    const begun = historyOf(4, (second) => saturn(second < 2 ? 100 + second : second))
    expect(begun.answer().nodes[0]?.connectionsPerS).toEqual([null, 1, null, 1])
    // As at a start, when the first figures are not there yet.
    const late = historyOf(70, (second) => saturn(second < 2 ? null : second))
    expect(late.rates(SATURN).connectionsPerS).toEqual({ s1: 1, s10: 1, s60: 1 })
  })

  it('goes by when the figures were of now, not by when they came', () => {
    // Told every second, and of now 0.3 s and 0.9 s before, by turns: a rate of 10.
    const ageMs = (second: number) => (second % 2 === 0 ? 300 : 900)
    const history = historyOf(20, (second) => saturn(10 * (second - ageMs(second) / 1000), { ageMs: ageMs(second) }))
    for (const rate of history.answer().nodes[0]!.connectionsPerS.slice(3)) expect(rate).toBeCloseTo(10, 5)
  })

  it('leaves its times alone although timers are late by turns, and follows a calendar that is set', () => {
    const history = new History('abc')
    for (let second = 1; second < 20; second++) {
      const lateMs = (second * 137) % 600
      history.note([saturn(second)], second * 1000 + lateMs, WALL_MS + 500 + second * 1000 + lateMs)
    }
    expect(history.answer().points).toBe(19)
    const { from } = history.answer()
    history.note([saturn(20)], 20_400, WALL_MS + 20_400)
    expect(history.answer().from).toBe(from)
    history.note([saturn(21)], 21_000, WALL_MS + 3_600_000)
    expect(Date.parse(history.answer().from)).toBe(WALL_MS + 3_600_000 - 20_000)
  })

  it('forgets a node of which nothing is left, and of very many those that were heard of longest ago', () => {
    const history = historyOf(2, () => saturn(1))
    history.note([], 901_000, WALL_MS)
    expect(history.answer().nodes).toEqual([])
    for (let number = 0; number < 300; number++)
      history.note([saturn(1, { address: `10.0.${number >> 8}.${number & 255}` })], 902_000 + number * 1000, WALL_MS)
    const addresses = history.answer().nodes.map(({ address }) => address)
    expect([addresses.length, addresses[0]]).toEqual([128, '10.0.0.172'])
  })
})

describe('the rates of a node', () => {
  it('are over the last second, 10 and 60 s; of bytes over 10 s', () => {
    // 10 a second, then for the last 10 s 30, and 50 in the last one.
    const perSecond = (second: number) => (second > 98 ? 50 : second > 89 ? 30 : 10)
    let connections = 0
    const history = historyOf(100, (second) => {
      connections += perSecond(second)
      return saturn(connections)
    })
    expect(history.rates(SATURN)).toEqual({
      connectionsPerS: { s1: 50, s10: 32, s60: 13.7 },
      bytesInPerS: 3200,
      bytesOutPerS: 32_000,
    })
  })

  it('are over what there is after a start, and not known of who is not heard', () => {
    const history = historyOf(3, (second) => saturn(10 * second))
    expect(history.rates(SATURN).connectionsPerS).toEqual({ s1: 10, s10: 10, s60: 10 })
    for (let second = 3; second < 8; second++) history.note([], second * 1000, WALL_MS)
    const unknown = { connectionsPerS: null, bytesInPerS: null, bytesOutPerS: null }
    expect(history.rates(SATURN)).toEqual(unknown)
    expect(history.rates('10.0.0.9')).toEqual(unknown)
  })
})
