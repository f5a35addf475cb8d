import { describe, expect, it } from 'vitest'
import {
  daemonsFor,
  faults,
  loads,
  masterDownMs,
  paces,
  rowsOf,
  type Turn,
  turnsOf,
} from '../../../loadtest/failover/plan.ts'

const everything = { faults, paces, loads }

describe('turnsOf', () => {
  it('measures every row once a round with each daemon that can have it happen', () => {
    const turns = turnsOf(everything, 3)
    const keys = turns.map((turn) => [turn.round, turn.fault.name, turn.pace.name, turn.load, turn.daemon].join(' '))
    expect(new Set(keys).size).toBe(turns.length)
    const each = rowsOf(everything).map(({ fault }) => daemonsFor(fault).length)
    expect(turns.length).toBe(3 * each.reduce((sum, count) => sum + count))
    expect(daemonsFor(faults[0])).toEqual(['proxyha', 'keepalived', 'proxyha-kernel'])
    expect(turns.filter(({ fault, daemon }) => daemon === 'keepalived' && 'ordered' in fault)).toEqual([])
  })

  it('lets all daemons meet the same fault one right after the other', () => {
    const keyOf = ({ daemon: _, ...turn }: Turn) => JSON.stringify(turn)
    const keys = turnsOf(everything, 2).map(keyOf)
    const changes = keys.filter((key, at) => at > 0 && key !== keys[at - 1]).length
    expect(changes + 1).toBe(new Set(keys).size)
  })

  it('changes who is first from round to round', () => {
    const turns = turnsOf(everything, 2)
    expect(turns[0]?.daemon).toBe('proxyha')
    expect(turns.find(({ round }) => round === 1)?.daemon).toBe('keepalived')
  })

  it('goes through the interval between two adverts in equal steps, with both daemons alike', () => {
    const phases = turnsOf(everything, 4).map(({ round, phase }) => [round, phase])
    expect(new Map(phases as [number, number][])).toEqual(
      new Map([
        [0, 0.125],
        [1, 0.375],
        [2, 0.625],
        [3, 0.875],
      ]),
    )
  })

  it('starts and ends the busy loops once a round', () => {
    const inTurn = turnsOf(everything, 2).map(({ load }) => load)
    const changes = inTurn.filter((load, at) => at > 0 && load !== inTurn[at - 1])
    expect(changes).toEqual(['busy', 'idle', 'busy'])
  })
})

describe('masterDownMs', () => {
  it.each([
    ['v2-1s', 3652],
    ['v3-1s', 3652],
    ['v3-100ms', 365],
    ['v3-10ms', 37],
  ] as const)('at %s and priority 89 is %d ms', (name, expectedMs) => {
    const pace = paces.find((candidate) => candidate.name === name)
    expect(pace && Math.round(masterDownMs(pace, 89))).toBe(expectedMs)
  })
})
