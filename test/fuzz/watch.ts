import { Worker } from 'node:worker_threads'
import type { Failure } from './failure.ts'
import type { Told, Work } from './thread-messages.ts'

const SHOWN_BYTES = 262_144
/** One input that takes longer has hung; what is only slow the thread tells by itself. */
const HUNG_MS = 20_000
const LOOK_EVERY_MS = 1000
/** All that a target may have, its corpus included. */
const HEAP_MB = 512

/** Runs the work on a thread of its own, ends one that hangs, and says of which input one has died. */
export function watch(work: Omit<Work, 'watched'>, hear: (told: Told) => void): Promise<void> {
  const watched = new SharedArrayBuffer(8 + SHOWN_BYTES)
  const counts = new Int32Array(watched, 0, 2)
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { ...work, watched } satisfies Work,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  })
  const current = (): Uint8Array => Uint8Array.from(new Uint8Array(watched, 8, Atomics.load(counts, 1)))
  const failed = (kind: Failure['kind'], message: string) =>
    hear({ type: 'failed', failure: { kind, place: kind, message, input: current() } })
  let isDone = false
  thread.on('message', (told: Told) => {
    if (told.type === 'ended') isDone = true
    hear(told)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  let [seen, sinceMs] = [0, performance.now()]
  const timer = setInterval(() => {
    const count = Atomics.load(counts, 0)
    if (count !== seen) [seen, sinceMs] = [count, performance.now()]
    // Before the first the target is being loaded.
    if (count === 0 || isDone || performance.now() - sinceMs < HUNG_MS) return
    isDone = true
    failed('hung', `has not ended within ${HUNG_MS} ms`)
    void thread.terminate()
  }, LOOK_EVERY_MS)
  thread.on('error', (error) => failed('died', String((error as Error).stack ?? error)))
  thread.on('exit', () => {
    clearInterval(timer)
    resolve()
  })
  return promise
}
