import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'

const program = fileURLToPath(new URL('../../../loadtest/main.ts', import.meta.url))

describeInNamespaces('failover beside keepalived', { programs: ['keepalived'] }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-failover-'))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('measures a round of one row with keepalived and both modes, and writes figures and plot', {
    timeout: 120_000,
  }, () => {
    const files = { json: join(folder, 'figures.json'), svg: join(folder, 'plot.svg') }
    const row = ['--rounds', '1', '--fault', 'power-off', '--pace', 'v3-100ms', '--load', 'idle']
    const run = spawnSync(process.execPath, [program, 'failover', ...row, '--json', files.json, '--svg', files.svg], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    const { measurements } = JSON.parse(readFileSync(files.json, 'utf8')) as { measurements: { gapMs: number }[] }
    expect(measurements).toHaveLength(3)
    // The heir never takes over before three intervals are over: a shorter gap was not measured but made up.
    for (const { gapMs } of measurements) expect(gapMs).toBeGreaterThan(200)
    expect(readFileSync(files.svg, 'utf8')).toContain('class="dot keepalived"')
  })
})
