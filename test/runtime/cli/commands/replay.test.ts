import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeRecorded } from '../../../../runtime/actor-system/recording/recorded-value.ts'
import { clusterKey } from '../../../../runtime/lab/testbed/gateway.ts'
import { CapturedCli } from '../captured-cli.ts'

/**
 * A failover of real gateways: jupiter (10.10.74.70), director of three, was killed; saturn followed it, uranus looked on. Where a machine
 * has changed what it remembers or does, it is recorded anew, by: node test/scenarios/fixtures/record-failover.ts
 */
const RECORDINGS = fileURLToPath(new URL('../recordings', import.meta.url))
const SATURN = join(RECORDINGS, 'saturn')
const URANUS = join(RECORDINGS, 'uranus')

let folder = ''
let withKey = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'))
  withKey = join(folder, 'gateway.yaml')
  const settings = 'virtualIps: [10.10.74.74/24]\nredirects: [{originalPorts: [8080], proxyPort: 3128}]'
  writeFileSync(withKey, `${settings}\ncluster: {key: "${clusterKey}"}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

const replay = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await new CapturedCli().output('replay', ...args)
  return { code, lines: stdout.split('\n').filter(Boolean), stderr }
}
const AS_RECORDED = /^\d+ steps, \d+ changes of state: all as recorded$/

describe('a recorded failover', () => {
  test('the node that follows comes to the same as it did, by silence', async () => {
    const { code, lines } = await replay(SATURN, 'elector')
    expect(lines.at(-1)).toMatch(AS_RECORDED)
    expect(code).toBe(0)
    const takeover = lines.findLastIndex((line) => line.endsWith('drained: BACKUP -> MASTER'))
    expect(lines.slice(takeover + 1, takeover + 4)).toEqual([
      expect.stringMatching(/^ {4}log "VRRP_Instance\(51\) no advert from 10\.10\.74\.70 for 3\.\d s"$/),
      '    log "VRRP_Instance(51) Transition to MASTER STATE"',
      '    log "state=master previous=backup"',
    ])
  })

  test('the third node stays backup, and says who leads by then', async () => {
    const { code, lines } = await replay(join(URANUS, 'elector.jsonl'), '--all')
    expect(lines.at(-1)).toMatch(AS_RECORDED)
    expect(code).toBe(0)
    const told = lines.filter((line) => line.includes('the director is'))
    expect(told.at(-1)).toContain('the director is 10.10.74.86 now, of priority 89')
  })

  test('every step is told as JSON', async () => {
    const { lines } = await replay(SATURN, 'elector', '--json')
    const steps = lines.map((line) => JSON.parse(line))
    expect(steps[0]).toMatchObject({
      actor: 'elector',
      event: 'start',
      before: 'INIT',
      after: 'BACKUP',
      difference: null,
    })
    expect(steps.every(({ difference }) => difference === null)).toBe(true)
  })
})

test('what is not as recorded is shown, and is the exit code', async () => {
  const changed = readFileSync(join(URANUS, 'elector.jsonl'), 'utf8').replace('"delayMs":', '"delayMs":1')
  const file = join(folder, 'elector.jsonl')
  writeFileSync(file, changed)
  const { code, lines } = await replay(file)
  expect(code).toBe(1)
  expect(lines).toContain('  other effects than recorded:')
  expect(lines.at(-1)).toMatch(/changes of state: 1 steps are not as recorded$/)
})

test('a folder is replayed from its oldest file on', async () => {
  const own = join(folder, 'several')
  mkdirSync(own)
  for (const name of ['elector.1.jsonl', 'elector.jsonl']) cpSync(join(URANUS, 'elector.jsonl'), join(own, name))
  const { lines } = await replay(own, 'elector')
  const files = lines.filter((line) => line.startsWith(own))
  expect(files.map((line) => line.split(':')[0])).toEqual([join(own, 'elector.1.jsonl'), join(own, 'elector.jsonl')])
})

test('discovery is replayed with the key of the group, which no recording has', async () => {
  const header = { recording: 1, version: '0', actor: 'discovery', machine: 'discovery', missed: 3, nowMs: 0 }
  const state = { options: { keys: [clusterKey] } }
  const file = join(folder, 'discovery.jsonl')
  writeFileSync(file, `${encodeRecorded({ ...header, at: new Date(0).toISOString(), state })}\n`)
  const problem = 'with a key of the group, which it does not hold: name a configuration that has it'
  expect(await replay(file)).toMatchObject({ code: 1, stderr: expect.stringContaining(problem) })
  const { code, lines } = await replay(file, '-c', withKey)
  expect(code).toBe(0)
  expect(lines[0]).toContain('differences may be those of the versions; behind a gap of 3 steps that were not written')
})

test.each([
  ['a folder without an actor', () => [SATURN], 'say whose recording, such as'],
  ['an actor that was not recorded', () => [SATURN, 'watcher'], 'watcher.jsonl: there is no such recording'],
  ['a file that is not there', () => [join(SATURN, 'gone')], 'ENOENT'],
  ['a file that is none', () => [withKey], 'is no recording of proxyha run --record'],
  ['a configuration that is none', () => [SATURN, 'elector', '-c', join(folder, 'gone')], 'gone'],
])('%s is told', async (_title, args, text) => {
  const { code, stderr } = await replay(...args())
  expect(code).toBe(1)
  expect(stderr).toContain(text)
})
