import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SERVICE_SOCKET } from '../../config/service-folders.ts'
import { LEAST_WATCHDOG_MS } from '../../runtime/gateway/service.ts'
import { describeWith } from '../programs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const UNIT = join(root, 'packaging/systemd/proxyha.service')
const unit = readFileSync(UNIT, 'utf8')
const MOST_EXPOSED = 2.5

/** All values of a setting. */
const valuesOf = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value)

describeWith(['systemd-analyze'], 'the unit, as systemd judges it', () => {
  test('has no mistake', () => {
    const folder = mkdtempSync(join(tmpdir(), 'proxyha-unit-'))
    const copy = join(folder, 'proxyha.service')
    // What is installed by a package is not here.
    writeFileSync(copy, unit.replaceAll('/usr/lib/proxyha/bin/proxyha', join(root, 'bin/proxyha')))
    try {
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
        encoding: 'utf8',
      })
      // Of the host's own units nothing is held.
      const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('proxyha'))
      expect([status, ours]).toEqual([0, []])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test(`is exposed by ${MOST_EXPOSED} at most`, () => {
    const json = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', UNIT], {
      encoding: 'utf8',
    })
    const exposure = Number(/Overall exposure level for proxyha\.service: ([\d.]+)/.exec(json)?.[1])
    expect(exposure).toBeLessThanOrEqual(MOST_EXPOSED)
  })
})

test('the unit is where the gateway and its commands look for each other', () => {
  expect(valuesOf('RuntimeDirectory').map((name) => `/run/${name}/proxyha.sock`)).toEqual([SERVICE_SOCKET])
  expect(valuesOf('StateDirectory')).toHaveLength(1)
})

test('the watchdog of the unit leaves a gateway in which all is well alone', () => {
  const [seconds] = valuesOf('WatchdogSec').map((value) => Number(value?.replace(/s$/, '')))
  expect(seconds! * 1000).toBeGreaterThanOrEqual(2 * LEAST_WATCHDOG_MS)
})

test('nothing that Node.js cannot live with is in the unit', () => {
  for (const key of ['MemoryDenyWriteExecute', 'LimitAS', 'RestrictRealtime', 'ProcSubset'])
    expect(valuesOf(key)).toEqual([])
})

test('the user of the unit is the one that sysusers makes', () => {
  const sysusers = readFileSync(join(root, 'packaging/systemd/proxyha.sysusers'), 'utf8')
  expect(sysusers).toMatch(new RegExp(`^u ${valuesOf('User')} - `, 'm'))
})
