import { expect, test } from 'vitest'
import { startPortMonitor } from '../../../actors/port-monitor/actor.ts'
import type { DeepCheck } from '../../../actors/port-monitor/deep-checks.ts'
import type { PortMonitorPeers } from '../../../actors/port-monitor/machine.ts'
import type { PortMonitorStatus } from '../../../actors/port-monitor/messages.ts'
import type { TrackedScript } from '../../../actors/port-monitor/scripts.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { done, refused } from '../../../runtime/ports/result.ts'
import { FakePrograms } from '../../fakes/programs.ts'
import { FakeProxyProbe } from '../../fakes/proxy-probe.ts'
import { FakeSocketTable } from '../../fakes/socket-table.ts'
import { RecordedContext } from './recorded-context.ts'

async function start(checks: readonly DeepCheck[] = [], scripts: readonly TrackedScript[] = []) {
  const context = new RecordedContext<PortMonitorPeers>()
  const socketTable = new FakeSocketTable()
  socketTable.listen('0.0.0.0', 9090)
  const proxies = new FakeProxyProbe()
  const programs = new FakePrograms()
  programs.weaknesses.set('/weak', '/weak is run by root, and others may write /weak: chmod go-w /weak')
  const options = { redirects: [{ proxyPort: 9090 }], pollMs: 1000, fall: 1, rise: 2, checks, perPort: false, scripts }
  const actor = await startPortMonitor(context, options, { sockets: socketTable, proxies, programs })
  actor.peerUp?.('discovery')
  return { context, socketTable, proxies, programs, options, actor }
}

test('a proxy that stops is noticed within a second, and its return when it was seen twice', async () => {
  const { context, socketTable, actor } = await start()
  expect(context.lines).toEqual(['info: monitor: current state: ok'])
  socketTable.stopListening('0.0.0.0', 9090)
  context.clock.advance(1000)
  expect(context.lines.at(-1)).toBe('warn: monitor: current state: failure (port 9090 is not listening)')
  expect((actor.control as { describe(): PortMonitorStatus }).describe().state).toBe('failure')
  socketTable.listen('::', 9090)
  context.clock.advance(1000)
  expect(context.sent).toHaveLength(2)
  context.clock.advance(1000)
  expect(context.sent).toEqual([
    { to: 'discovery', message: { type: 'monitor', state: 'ok', failedPorts: [] } },
    { to: 'discovery', message: { type: 'monitor', state: 'failure', failedPorts: [9090] } },
    { to: 'discovery', message: { type: 'monitor', state: 'ok', failedPorts: [] } },
  ])
  expect(context.inspected.map(({ type }) => type)).toEqual(['state', 'state', 'happened', 'state', 'happened'])
})

test('discovery hears the state again when it restarts', async () => {
  const { context, actor } = await start()
  actor.peerUp?.('discovery')
  expect(context.sent).toHaveLength(2)
})

test('after a stop nothing is read or sent any more', async () => {
  const { context, socketTable, actor } = await start()
  await actor.stop?.()
  socketTable.stopListening('0.0.0.0', 9090)
  context.clock.advance(5000)
  expect(context.sent).toHaveLength(1)
  expect(context.clock.nextDueMs()).toBeUndefined()
})

test('a proxy that listens and fails its check is failure, with what it answered; nothing is said before the first answer', async () => {
  const probe = { type: 'http', port: 9090, url: 'http://origin/', expectedStatus: [], timeoutMs: 2000 } as const
  const { context, proxies, actor } = await start([{ probe, intervalMs: 5000 }])
  expect([context.lines, context.sent, proxies.asked]).toEqual([[], [], [probe]])
  proxies.answer(refused('EPROBE', 'answers with status 503'))
  await settled()
  expect(context.lines).toEqual(['warn: monitor: current state: failure (port 9090 answers with status 503)'])
  for (let check = 0; check < 2; check++) {
    context.clock.advance(5000)
    proxies.answer(done)
    await settled()
  }
  expect(context.lines.at(-1)).toBe('info: monitor: current state: ok')
  context.clock.advance(5000)
  await actor.stop?.()
  proxies.answer(refused('EPROBE', 'too late'))
  await settled()
  expect([proxies.asked.length, proxies.isClosed, context.lines.length]).toEqual([4, true, 2])
})

const settled = () => new Promise((resolve) => setImmediate(resolve))

test("the operator's scripts are run, and the electors told; what is weak about one is a warning, until it is another", async () => {
  const script = { name: 'one', command: ['/weak', 'word'], intervalMs: 1000, timeoutMs: 500, rise: 1, fall: 1 }
  const { context, programs, options, actor } = await start([], [script])
  const warnings = () => textsOf((actor.control as { describe(): PortMonitorStatus }).describe().warnings)
  const weakness = 'track.scripts: /weak is run by root, and others may write /weak: chmod go-w /weak'
  expect(context.lines).toContain(`warn: ${weakness}`)
  expect(warnings()).toEqual([weakness])
  actor.peerUp?.('elector')
  expect(programs.runs).toEqual([{ name: 'one 0', command: ['/weak', 'word'], input: '', timeoutMs: 500 }])
  await programs.end('one 0', 'ended with 1', 'no disk')
  const track = { type: 'track', source: 'script:one' }
  expect(context.sent.at(-1)).toEqual({
    to: 'elector',
    message: { ...track, state: 'failed', reason: 'script one ended with 1: no disk' },
  })
  context.clock.advance(1000)
  expect(programs.running).toEqual(['one 0'])
  actor.configure?.({ ...options, scripts: [{ ...script, command: ['/strong'] }] })
  expect(warnings()).toEqual([])
  await programs.end('one 0')
  await programs.end('one 1')
  expect(context.sent.at(-1)).toEqual({ to: 'elector', message: { ...track, state: 'ok', reason: null } })
  await actor.stop?.()
  expect(programs.isClosed).toBe(true)
})
