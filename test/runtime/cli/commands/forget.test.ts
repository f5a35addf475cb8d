import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MemberStatus } from '../../../../actors/discovery/messages.ts'
import { warning } from '../../../../runtime/actor-system/inspection/warning.ts'
import { InspectedGateway, memberOf } from '../../../actors/inspector/gateway-fixture.ts'
import { CapturedCli } from '../captured-cli.ts'

const NODE = '10.0.0.2'
const SINCE = '2026-01-31T12:00:00Z'
const missing = { health: 'stale', missingSince: SINCE, lastSeenMs: 7_200_000 } as const
const told = `node-2 (${NODE}) is missing since ${SINCE}: does its host run, and proxyha on it? If it is not to come back: proxyha forget ${NODE}`

let gateway: InspectedGateway
let cli: CapturedCli
let forgotten: string[]
let others: MemberStatus[]
beforeEach(async () => {
  gateway = new InspectedGateway()
  cli = new CapturedCli()
  forgotten = []
  others = [memberOf(NODE, missing)]
  gateway.controls.discovery = {
    describe: async () => {
      const left = others.filter(({ address }) => !forgotten.includes(address))
      const members = [memberOf('10.0.0.1', { self: true, director: true }), ...left]
      return { members, counters: {}, warnings: left.length === 0 ? [] : [warning('node-stale', NODE, told)] }
    },
    forget: async (address: string) => {
      forgotten.push(address)
    },
  }
  gateway.controls.dispatcher = { describe: async () => ({ generation: 1, nodes: [], warnings: [] }) }
  await gateway.start()
})
afterEach(() => gateway.close())

const ask = (...args: readonly string[]) => cli.output(...args, '-s', gateway.socketPath)

const status = async () => JSON.parse((await ask('status', '--json')).stdout)

test('a missing node is in the status as that, since when, with a warning, and in the metrics', async () => {
  const { nodes, warnings } = await status()
  expect(nodes[1]).toMatchObject({ address: NODE, state: 'stale', missing: true, missingSince: SINCE, left: false })
  expect(nodes[1]).toMatchObject({ slots: 0, weight: 0 })
  expect(warnings).toContain(told)
  cli = new CapturedCli()
  const { stdout } = await ask('status')
  expect(stdout).toMatch(/node-2 +10\.0\.0\.2 +scanning +missing /)
  expect(stdout).toContain(`warning: ${told}`)
})

test('a node that stopped in order is shown as left, and state stale', async () => {
  others = [memberOf(NODE, { health: 'stale', left: true })]
  expect((await status()).nodes[1]).toMatchObject({ state: 'stale', left: true, missing: false, missingSince: null })
  cli = new CapturedCli()
  expect((await ask('status')).stdout).toMatch(/node-2 +10\.0\.0\.2 +scanning +left /)
})

test.each(['node-2', NODE])('forget %s: by name or address, exit 0, and it is gone', async (asked) => {
  expect(await ask('forget', asked)).toEqual({ code: 0, stdout: `node-2 (${NODE}) is forgotten\n`, stderr: '' })
  expect(forgotten).toEqual([NODE])
  cli = new CapturedCli()
  expect((await status()).nodes).toHaveLength(1)
})

test('forget --json', async () => {
  const { code, stdout } = await ask('forget', NODE, '--json')
  expect([code, JSON.parse(stdout)]).toEqual([0, { node: 'node-2', address: NODE }])
})

test('a node that is heard is refused, with what to do; so is this one, and one that is not known', async () => {
  others = [memberOf(NODE)]
  expect(await ask('forget', NODE)).toEqual({
    code: 1,
    stdout: '',
    stderr: `the gateway says: node-2 (${NODE}) is ok: who is heard is not forgotten; stop its gateway first\n`,
  })
  cli = new CapturedCli()
  expect(await ask('forget', '10.0.0.1')).toMatchObject({ code: 1, stderr: expect.stringContaining('is ok') })
  cli = new CapturedCli()
  const unknown = { code: 1, stderr: expect.stringContaining('no node pluto is known here; known: ') }
  expect(await ask('forget', 'pluto')).toMatchObject(unknown)
  expect(forgotten).toEqual([])
})

test('of two nodes of one name, as where a host was replaced, the one that is gone is forgotten, and the one that is there drained', async () => {
  others = [memberOf(NODE, missing), memberOf('10.0.0.3', { name: 'node-2' })]
  expect(await ask('forget', 'node-2')).toMatchObject({ code: 0, stdout: `node-2 (${NODE}) is forgotten\n` })
})
