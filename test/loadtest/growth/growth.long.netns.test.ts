import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import type { Results } from '../../../loadtest/growth/results.ts'
import { describeInNamespaces } from '../../namespaces.ts'

const program = fileURLToPath(new URL('../../../loadtest/main.ts', import.meta.url))

describeInNamespaces('growth of cost', { programs: ['nft'] }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-growth-'))
  afterEach(() => rmSync(folder, { recursive: true }))

  it('simulated nodes own slots beside two real ones, a point is measured, and figures and plot are written', () => {
    const json = join(folder, 'figures.json')
    const point = ['--axis', 'nodes', '--mode', 'workers', '--points', '5', '--takeovers', '0']
    const pace = ['--calm', '0', '--seconds', '1', '--fresh', '100', '--json', json, '--svg', folder]
    const run = spawnSync(process.execPath, [program, 'growth', ...point, ...pace], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.status, run.stdout).toBe(0)
    const { points } = JSON.parse(readFileSync(json, 'utf8')) as Results
    expect(points).toMatchObject([{ axis: 'nodes', mode: 'workers', at: 5 }])
    const { beacons, redeal, statusSize } = points[0]!.figures
    expect(beacons).toBeGreaterThan(0.5)
    expect(redeal).toBeDefined()
    // It names all five.
    expect(statusSize).toBeGreaterThan(4)
    expect(readFileSync(join(folder, 'growth-nodes.svg'), 'utf8')).toContain('How cost grows with the nodes')
  })
})
