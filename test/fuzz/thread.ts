/** A thread that runs one target: whoever started it sees what it runs in shared memory, and can end it. */
import { parentPort, workerData } from 'node:worker_threads'
import { Campaign } from './campaign.ts'
import { readCorpus, writeCorpus } from './corpus.ts'
import { Coverage } from './coverage.ts'
import type { Told, Work } from './thread-messages.ts'

const { target: name, seed, inputs, minutes, keep, only, watched } = workerData as Work
const counts = new Int32Array(watched, 0, 2)
const shown = new Uint8Array(watched, 8)
const tell = (told: Told): void => parentPort?.postMessage(told)

const coverage = new Coverage()
const { targets } = await import('./targets/targets.ts')
const target = await targets[name]!()
const beganMs = performance.now()
const campaign = new Campaign(
  only === undefined ? target : { ...target, seeds: [only] },
  {
    seed,
    corpus: only === undefined ? readCorpus(name) : [],
    coverage,
    inputs: only === undefined ? inputs : 0,
    untilMs: beganMs + minutes * 60_000,
  },
  {
    begins(input) {
      shown.set(input.subarray(0, shown.length))
      Atomics.store(counts, 1, Math.min(input.length, shown.length))
      Atomics.add(counts, 0, 1)
    },
    failed: (failure) => tell({ type: 'failed', failure }),
  },
)
await campaign.run()
const tookMs = performance.now() - beganMs
const { reached, known, files } = coverage.summary()
tell({ type: 'ended', inputs: campaign.inputs, tookMs, reached, known, files: [...files], kept: campaign.kept })
if (keep) {
  const reduced = await campaign.reduced()
  writeCorpus(name, reduced)
  tell({ type: 'kept', inputs: reduced.length })
}
await target.close?.()
coverage.close()
