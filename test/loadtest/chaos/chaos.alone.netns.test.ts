import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'

const program = fileURLToPath(new URL('../../../loadtest/main.ts', import.meta.url))
const PATIENCE_MS = 150_000

/** Of each mode one group, which goes from plan to plan. */
const RUNS = [
  { mode: 'kernel', seed: 333, plans: 2 },
  { mode: 'workers', seed: 120, plans: 1 },
] as const

describeInNamespaces('faults by seeds', { programs: ['nft', 'tc', 'arping', 'prlimit', 'taskset'] }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-chaos-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(RUNS)(
    'in $mode mode, from seed $seed on, violate nothing',
    { timeout: PATIENCE_MS },
    ({ mode, seed, plans }) => {
      const words = ['--mode', mode, '--seed', `${seed}`, '--plans', `${plans}`, '--seconds', '20']
      const run = spawnSync(process.execPath, [program, 'chaos', ...words, '--json', join(folder, 'seen.json')], {
        encoding: 'utf8',
      })
      expect(run.stderr).toBe('')
      // What was violated, and how to repeat it, is in what it said.
      expect(run.status, run.stdout).toBe(0)
      expect(run.stdout).toMatch(/at rest after \d+\.\d s, clean after \d+\.\d s; \d{2,} answered/)
    },
  )
})
