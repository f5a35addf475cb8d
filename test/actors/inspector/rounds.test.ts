import { expect, test } from 'vitest'
import { Rounds } from '../../../actors/inspector/rounds.ts'
import type { Gathered, SliceGatherer } from '../../../actors/inspector/slices.ts'
import { FakeClock } from '../../fakes/clock.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('all actors are asked once a second; a round that takes longer delays the next, and none follows the end', async () => {
  const clock = new FakeClock()
  let answer: (gathered: Gathered) => void = () => undefined
  let asked = 0
  const gather = () => {
    asked += 1
    return new Promise<Gathered>((resolve) => {
      answer = resolve
    })
  }
  const looks: Gathered[] = []
  const rounds = new Rounds({ gather } as unknown as SliceGatherer, clock, (gathered) => looks.push(gathered))
  const gathered = {} as Gathered
  rounds.begin()
  clock.advance(999)
  expect(asked).toBe(0)
  clock.advance(3001)
  expect([asked, looks]).toEqual([1, []])
  answer(gathered)
  await turn()
  expect(looks).toEqual([gathered])
  clock.advance(5000)
  expect(asked).toBe(2)
  rounds.end()
  answer(gathered)
  await turn()
  clock.advance(5000)
  expect([asked, looks.length]).toEqual([2, 1])
})
