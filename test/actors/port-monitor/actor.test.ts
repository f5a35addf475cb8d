import { expect, test } from 'vitest'
import { startPortMonitor } from '../../../actors/port-monitor/actor.ts'
import type { PortMonitorPeers, PortMonitorStatus } from '../../../actors/port-monitor/messages.ts'
import { FakeSocketTable } from '../../../runtime/ports/fake/socket-table.ts'
import { RecordedContext } from './recorded-context.ts'

async function start() {
  const context = new RecordedContext<PortMonitorPeers>()
  const socketTable = new FakeSocketTable()
  socketTable.listen('0.0.0.0', 9090)
  const actor = await startPortMonitor(context, { redirects: [{ proxyPort: 9090 }] }, { sockets: socketTable })
  actor.peerUp?.('discovery')
  return { context, socketTable, actor }
}

test('a proxy that stops is noticed within a second, and so is its return', async () => {
  const { context, socketTable, actor } = await start()
  expect(context.lines).toEqual(['info: monitor: current state: ok'])
  socketTable.stopListening('0.0.0.0', 9090)
  context.clock.advance(1000)
  expect(context.lines.at(-1)).toBe('warn: monitor: current state: failure (port 9090 is not listening)')
  expect((actor.control as { describe(): PortMonitorStatus }).describe().state).toBe('failure')
  socketTable.listen('::', 9090)
  context.clock.advance(1000)
  expect(context.sent).toEqual([
    { to: 'discovery', message: { type: 'monitor', state: 'ok', failedPorts: [] } },
    { to: 'discovery', message: { type: 'monitor', state: 'failure', failedPorts: [9090] } },
    { to: 'discovery', message: { type: 'monitor', state: 'ok', failedPorts: [] } },
  ])
  expect(context.inspected).toHaveLength(3)
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
