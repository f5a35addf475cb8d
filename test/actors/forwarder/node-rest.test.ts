import { describe, expect, it } from 'vitest'
import { NodeRest } from '../../../actors/forwarder/node-rest.ts'

const failed = (rest: NodeRest, times: number, node = 3, redirect = 0) => {
  for (let time = 0; time < times; time++) rest.failed(node, redirect, 100)
}

describe('a node that does not answer', () => {
  it('rests after three connects in a row that failed, for that redirect alone', () => {
    const rest = new NodeRest()
    failed(rest, 2)
    rest.worked(3, 0)
    failed(rest, 2)
    expect([rest.rests(3, 0, 100), rest.hasChanged]).toEqual([false, false])
    failed(rest, 1)
    expect([rest.rests(3, 0, 101), rest.rests(3, 1, 101), rest.rests(4, 0, 101)]).toEqual([true, false, false])
    expect([rest.hasChanged, rest.resting]).toEqual([true, [3]])
  })

  it('is tried after 5 s, by one, and then after twice as long each time, up to a minute', () => {
    const rest = new NodeRest()
    failed(rest, 3)
    const trials: number[] = []
    for (let tick = 100; tick < 100 + 4 * 300; tick++) if (!rest.rests(3, 0, tick)) trials.push((tick - 100) / 4)
    expect(trials).toEqual([5, 15, 35, 75, 135, 195, 255])
  })

  it('is back with the first connect that succeeds', () => {
    const rest = new NodeRest()
    failed(rest, 3)
    rest.hasChanged = false
    rest.worked(3, 0)
    expect([rest.rests(3, 0, 101), rest.hasChanged, rest.resting]).toEqual([false, true, []])
  })

  it('is forgotten with its index', () => {
    const rest = new NodeRest()
    failed(rest, 3, 3, 5)
    rest.forget(3)
    expect(rest.resting).toEqual([])
  })
})
