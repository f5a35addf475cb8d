import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { linuxClock } from '../../../../../runtime/ports/host/linux/clock.ts'

test('no timer fires before its time', async () => {
  const early: number[] = []
  const delays = Array.from({ length: 60 }, (_, index) => 1 + index * 0.7)
  await Promise.all(
    delays.map((delayMs) => {
      const dueMs = linuxClock.nowMs() + delayMs
      return new Promise<void>((resolve) => {
        linuxClock.setTimer(delayMs, () => {
          if (linuxClock.nowMs() < dueMs) early.push(delayMs)
          resolve()
        })
      })
    }),
  )
  expect(early).toEqual([])
})

test('a timer longer than setTimeout can take does not fire at once', async () => {
  let hasFired = false
  const cancel = linuxClock.setTimer(2 ** 32, () => {
    hasFired = true
  })
  await new Promise<void>((resolve) => linuxClock.setTimer(5, resolve))
  cancel()
  expect(hasFired).toBe(false)
})

test('all threads of the process read the same clock', async () => {
  const before = linuxClock.nowMs()
  const url = new URL('../../../../../runtime/ports/host/linux/clock.ts', import.meta.url).href
  const worker = new Worker(
    `import('${url}').then(({ linuxClock }) => require('node:worker_threads').parentPort.postMessage(linuxClock.nowMs()))`,
    { eval: true },
  )
  const [inWorker] = (await once(worker, 'message')) as [number]
  expect(inWorker).toBeGreaterThan(before)
  expect(inWorker).toBeLessThan(linuxClock.nowMs())
})
