import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  copes,
  type Heat,
  hasRoom,
  NEVER_OVERLOADED,
  nextOverload,
  type Overload,
} from '../../../actors/dispatcher/overload.ts'

const HOT: Heat = { cpu: 0.95, pressure: null }
const WARM: Heat = { cpu: 0.89, pressure: null }
const COOL: Heat = { cpu: 0.87, pressure: null }
const CALM: Heat = { cpu: 0.3, pressure: null }

/** A node that is looked at once a second; `nowMs` is the time of the last look. */
class Watched {
  nowMs = 0
  overload: Overload = NEVER_OVERLOADED
  othersHaveRoom = true

  /** The seconds at which it was overloaded, of so many. */
  watch(heat: Heat, seconds: number): number {
    let overloaded = 0
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000
      this.overload = nextOverload(this.overload, heat, this.othersHaveRoom, this.nowMs)
      if (this.overload.overloaded) overloaded++
    }
    return overloaded
  }
}

describe('an overload', () => {
  it.each([
    ['a CPU of 90 %', { cpu: 0.9, pressure: null }, true],
    ['a CPU below it', { cpu: 0.89, pressure: 0.1 }, false],
    ['tasks that wait for a CPU three quarters of the time', { cpu: 0.3, pressure: 0.75 }, true],
    ['tasks that wait less', { cpu: 0.3, pressure: 0.74 }, false],
  ])('begins with three seconds of %s', (_, heat, expected) => {
    const node = new Watched()
    expect(node.watch(heat, 3)).toBe(0)
    expect(node.watch(heat, 1)).toBe(Number(expected))
  })

  it('begins when another node has room, not before', () => {
    const node = new Watched()
    node.othersHaveRoom = false
    expect(node.watch(HOT, 600)).toBe(0)
    node.othersHaveRoom = true
    expect(node.watch(HOT, 1)).toBe(1)
  })

  it('lasts while the load is between its bounds', () => {
    const node = new Watched()
    node.watch(HOT, 4)
    expect(node.watch(WARM, 600)).toBe(600)
    expect(node.watch({ cpu: 0.3, pressure: 0.6 }, 600)).toBe(600)
  })

  it('ends when the node has been cool for 2 s, and 5 s after its begin at the earliest', () => {
    const early = new Watched()
    early.watch(HOT, 4)
    expect(early.watch(COOL, 60)).toBe(4)
    const late = new Watched()
    late.watch(HOT, 60)
    expect(late.watch(COOL, 60)).toBe(2)
  })

  it('does not end by single cool seconds', () => {
    const node = new Watched()
    node.watch(HOT, 20)
    for (let round = 0; round < 50; round++) {
      expect(node.watch(COOL, 2)).toBe(2)
      expect(node.watch(WARM, 1)).toBe(1)
    }
  })

  it('lasts twice as long at each relapse, up to 160 s, and 5 s again after two minutes without', () => {
    const node = new Watched()
    const relapses = Array.from({ length: 7 }, () => {
      let seconds = node.watch(HOT, 4)
      while (node.overload.overloaded) seconds += node.watch(CALM, 1)
      return seconds
    })
    expect(relapses).toEqual([5, 10, 20, 40, 80, 160, 160])
    node.watch(CALM, 120)
    expect(node.watch(HOT, 4) + node.watch(CALM, 100)).toBe(5)
  })

  it('always ends in calm, whatever came before', () => {
    const heats = fc.array(fc.record({ cpu: fc.double({ min: 0, max: 1, noNaN: true }), pressure: fc.constant(null) }))
    fc.assert(
      fc.property(heats, (before) => {
        const node = new Watched()
        for (const heat of before) node.watch(heat, 1)
        node.watch(CALM, 166)
        expect(node.overload.overloaded).toBe(false)
      }),
    )
  })
})

describe('a node', () => {
  it('has room for clients of others after two calm seconds, and copes with them until it is hot', () => {
    const node = new Watched()
    const judged = () => [hasRoom(node.overload, node.nowMs), copes(node.overload)]
    node.watch(CALM, 2)
    expect(judged()).toEqual([false, true])
    node.watch(CALM, 1)
    expect(judged()).toEqual([true, true])
    node.watch({ cpu: 0.8, pressure: null }, 1)
    expect(judged()).toEqual([false, true])
    node.watch(HOT, 1)
    expect(judged()).toEqual([false, false])
  })
})
