import { expect, test } from 'vitest'
import { WarningWatch } from '../../../../actors/inspector/timeline/warning-watch.ts'
import { type Warning, warning } from '../../../../runtime/actor-system/inspection/warning.ts'

const contested = (times: number) => warning('vip-contested', '10.0.0.5', `somebody has taken it ${times} times`)

/** What is told of looks at these seconds. */
function watch(...looks: readonly (readonly [second: number, ...warnings: Warning[]])[]): readonly string[] {
  const watch = new WarningWatch()
  return looks.flatMap(([second, ...warnings]) =>
    watch.look(warnings, second * 1000).map(({ kind, level, what }) => `${second}: ${kind} ${level} ${what}`),
  )
}

test('what stands is told once, whatever its words, and its end with the last of them', () => {
  expect(
    watch([0, contested(1)], [2, contested(2)], [4, contested(3)], [6, contested(4)], [8], [14], [16], [20]),
  ).toEqual([
    '4: warning warning somebody has taken it 3 times',
    '16: warningEnded info over: somebody has taken it 4 times',
  ])
})

test('what is over at once is not told, nor is its end', () => {
  expect(watch([0, contested(1)], [2], [14], [30])).toEqual([])
})

test('what comes again soon has not ended', () => {
  expect(watch([0, contested(1)], [4, contested(1)], [6], [12, contested(1)], [14], [30])).toEqual([
    '4: warning warning somebody has taken it 1 times',
    '30: warningEnded info over: somebody has taken it 1 times',
  ])
})

test('the same of another address is another one; its level is that of its code', () => {
  const [one, other] = ['10.0.0.5', '10.0.0.6'].map((address) => warning('dual-master', address, `of ${address}`))
  expect(watch([0, one!], [4, one!, other!], [8, one!, other!])).toEqual([
    '4: warning failure of 10.0.0.5',
    '8: warning failure of 10.0.0.6',
  ])
})

test('what a happening of its own tells of is left to that', () => {
  expect(watch([0, warning('node-stale', '10.0.0.2', 'x')], [9, warning('node-stale', '10.0.0.2', 'x')])).toEqual([])
})

test('no more than 256 are remembered', () => {
  const many = Array.from({ length: 300 }, (_, index) => warning('vip-contested', `${index}`, `of ${index}`))
  expect(watch([0, ...many], [4, ...many])).toHaveLength(256)
})
