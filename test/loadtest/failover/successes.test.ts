import { describe, expect, it } from 'vitest'
import { Successes } from '../../../loadtest/failover/successes.ts'

function successes(...atMs: readonly number[]): Successes {
  const made = new Successes()
  made.add(atMs)
  return made
}

describe('longestGapMs', () => {
  it('is the longest between two successes in a row', () => {
    expect(successes(0, 2, 4, 50, 52).longestGapMs(1)).toBe(46)
  })

  it('counts the gap that was under way at the moment from which it looks', () => {
    expect(successes(0, 2, 50, 52).longestGapMs(10)).toBe(48)
  })

  it('leaves out what had ended before', () => {
    expect(successes(0, 100, 102, 104).longestGapMs(101)).toBe(2)
  })

  it('does not take an attempt that was answered late for a gap', () => {
    const late = successes(0, 2, 8)
    late.add([4, 6])
    expect(late.longestGapMs(1)).toBe(2)
  })

  it('is nothing where no success followed', () => {
    expect(successes(0, 2).longestGapMs(5)).toBe(0)
    expect(successes().longestGapMs(5)).toBe(0)
  })
})

describe('lastMs', () => {
  it('is before everything until a connection succeeded, and again once cleared', () => {
    const some = successes(3)
    expect(some.lastMs).toBe(3)
    some.clear()
    expect(some.lastMs).toBe(Number.NEGATIVE_INFINITY)
  })
})
