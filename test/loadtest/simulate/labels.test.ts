import { describe, expect, it } from 'vitest'
import { placeLabels } from '../../../loadtest/simulate/labels.ts'

describe('the name of a dot', () => {
  it('is below it where nothing is in the way', () => {
    const [place] = placeLabels([{ x: 100, y: 100, name: 'alone' }])
    expect(place!.x).toBe(100)
    expect(place!.y).toBeGreaterThan(105)
  })

  it('makes way for dots, and for names that are there already', () => {
    const crowd = [100, 130, 160].map((x) => ({ x, y: 100, name: 'leastconn' }))
    const places = placeLabels(crowd)
    for (const [at, one] of places.entries()) {
      for (const other of places.slice(at + 1)) {
        expect(Math.abs(one.x - other.x) >= 9 * 6 || Math.abs(one.y - other.y) >= 12).toBe(true)
      }
      for (const { x, y } of crowd) {
        expect(Math.abs(one.x - x) >= 9 * 3 || one.y <= y - 5 || one.y - 12 >= y + 5).toBe(true)
      }
    }
  })

  it('is below it all the same where everything is taken', () => {
    const pile = Array.from({ length: 9 }, () => ({ x: 50, y: 50, name: 'x' }))
    const places = placeLabels(pile)
    expect(places).toHaveLength(9)
    expect(places[8]).toEqual(places[7])
  })
})
