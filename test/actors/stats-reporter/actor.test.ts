import { expect, test } from 'vitest'
import type { AgentMessage, HoldersMessage, LoadMessage } from '../../../actors/discovery/messages.ts'
import { startStatsReporter } from '../../../actors/stats-reporter/actor.ts'
import type { AgentRules } from '../../../actors/stats-reporter/agent.ts'
import type { StatsReporterPeers } from '../../../actors/stats-reporter/machine.ts'
import type { StatsReporterStatus } from '../../../actors/stats-reporter/messages.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { FakeAgent } from '../../fakes/agent.ts'
import { FakeSocketTable } from '../../fakes/socket-table.ts'
import { FakeSystemLoad } from '../../fakes/system-load.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'

async function start(rules: AgentRules | null = null, namesHolders = false) {
  const context = new RecordedContext<StatsReporterPeers>()
  const ports = { sockets: new FakeSocketTable(), load: new FakeSystemLoad(), agent: new FakeAgent() }
  const proxyPorts = [9090, 2121, 9090]
  const actor = await startStatsReporter(
    context,
    { proxyPorts, servedAddresses: ['10.0.0.5'], namesHolders, agent: rules },
    ports,
  )
  const describe = () => (actor.control as { describe(): StatsReporterStatus }).describe()
  return { context, socketTable: ports.sockets, systemLoad: ports.load, agent: ports.agent, actor, describe }
}

test('discovery hears what the kernel says, and again as it changes; connections are those of all proxy ports', async () => {
  const { context, socketTable, systemLoad, actor } = await start()
  actor.peerUp?.('discovery')
  socketTable.setEstablished(9090, 40)
  socketTable.setEstablished(2121, 2)
  systemLoad.spend(0.25, 0.5)
  context.clock.advance(250)
  expect(context.sent).toEqual([
    {
      to: 'discovery',
      message: { type: 'load', load: { cpu: 0.5, memory: 0.25, pressure: 0, activeConnections: 42 }, countedAtMs: 250 },
    },
  ])
  context.clock.advance(20_000)
  const connections = () => context.sent.slice(-1).map(({ message }) => (message as LoadMessage).load.activeConnections)
  expect(connections()).toEqual([42])
  socketTable.setEstablished(2121, 3)
  context.clock.advance(2000)
  expect(connections()).toEqual([43])
})

test('in kernel mode discovery hears with each count who has most connections, but not while it is down', async () => {
  const { context, socketTable, systemLoad, actor } = await start(null, true)
  const told = () =>
    context.sent.flatMap(({ message }) => ((message as HoldersMessage).type === 'holders' ? [message] : []))
  socketTable.holding.set('10.1.0.1', 3).set('10.1.0.2', 30)
  systemLoad.spend(0.25, 0.5)
  context.clock.advance(250)
  expect(told()).toEqual([])
  actor.peerUp?.('discovery')
  context.clock.advance(2000)
  const holders = [
    { client: '10.1.0.2', connections: 30 },
    { client: '10.1.0.1', connections: 3 },
  ]
  expect(told()).toEqual([{ type: 'holders', all: true, holders }])
  for (let client = 0; client < 100; client++) socketTable.holding.set(`10.1.1.${client}`, 1)
  context.clock.advance(2000)
  expect(told()[1]).toMatchObject({ all: false, holders: { length: 64 } })
})

test('while the node drains only what came by way of the group counts, until it is over; it is reset when that is due', async () => {
  const { context, socketTable, systemLoad, actor, describe } = await start()
  actor.peerUp?.('discovery')
  systemLoad.spend(0.25, 0.5)
  socketTable.setEstablished(9090, 40)
  socketTable.openConnections = 7
  context.clock.advance(2250)
  const count = () => describe().load?.activeConnections
  expect(count()).toBe(40)
  const group = ['10.0.0.1', '10.0.0.2']
  const upkeep = { type: 'upkeep', draining: true, resets: false, group } as const
  actor.receive(upkeep, 'discovery')
  expect(count()).toBe(7)
  const meant = { localPorts: [9090, 2121], localAddresses: ['10.0.0.5'], peerAddresses: group }
  expect(socketTable.lastOpen).toEqual(meant)
  expect(socketTable.resets).toEqual([])
  actor.receive({ ...upkeep, resets: true }, 'discovery')
  expect(socketTable.resets).toEqual([meant])
  expect(count()).toBe(0)
  // What comes later is reset at the next look.
  socketTable.openConnections = 2
  context.clock.advance(2000)
  expect(count()).toBe(0)
  actor.receive({ ...upkeep, draining: false, group: [] }, 'discovery')
  expect(count()).toBe(40)
})

test('what cannot be reset is a warning, until it has not to be any more', async () => {
  const { socketTable, actor, describe } = await start()
  socketTable.refuse({ ok: false, code: 'EPERM', reason: 'not permitted' })
  const upkeep = { type: 'upkeep', draining: true, resets: true, group: [] } as const
  actor.receive(upkeep, 'discovery')
  expect(textsOf(describe().warnings)).toContain('what is open at this node cannot be reset: not permitted')
  actor.receive({ ...upkeep, resets: false }, 'discovery')
  expect(textsOf(describe().warnings)).not.toContain('what is open at this node cannot be reset: not permitted')
})

test('a socket table that refuses costs the count of connections only', async () => {
  const { context, socketTable, systemLoad, describe } = await start()
  socketTable.refuse({ ok: false, code: 'ENOBUFS', reason: 'no room' })
  systemLoad.spend(0.25, 1)
  context.clock.advance(250)
  expect(describe()).toMatchObject({
    load: { cpu: 1 },
    warnings: [{ text: 'the load of this host cannot be read: no room' }],
  })
})

test('a /proc that cannot be read is a warning, not a crash', async () => {
  const { context, systemLoad, describe } = await start()
  systemLoad.sample = () => {
    throw new Error('no /proc')
  }
  context.clock.advance(1000)
  expect(textsOf(describe().warnings)).toEqual(['the load of this host cannot be read: no /proc'])
})

test('an agent is asked, and discovery hears what it says; a stop ends the question', async () => {
  const question = { type: 'command', command: ['/bin/share'], timeoutMs: 2000 } as const
  const { context, agent, actor, describe } = await start({ question, intervalMs: 5000 })
  actor.peerUp?.('discovery')
  expect(agent.asked).toEqual([question])
  agent.answer({ ok: true, value: '75%\n' })
  await Promise.resolve()
  const told = () =>
    context.sent.flatMap(({ message }) => {
      const { type, word } = message as Partial<AgentMessage>
      return type === 'agent' ? [word] : []
    })
  expect(told()).toEqual([{ share: 0.75, down: false }])
  context.clock.advance(5000)
  agent.answer(refused('EAGENT', 'ended with 3'))
  await Promise.resolve()
  expect(textsOf(describe().warnings)).toContain('the agent of this node ended with 3')
  context.clock.advance(5000)
  await actor.stop?.()
  expect(agent.isClosed).toBe(true)
  agent.answer({ ok: true, value: 'down' })
  await Promise.resolve()
  expect(told()).toHaveLength(1)
})

test('after a stop nothing is sent any more', async () => {
  const { context, actor } = await start()
  actor.peerUp?.('discovery')
  await actor.stop?.()
  context.clock.advance(5000)
  expect(context.sent).toEqual([])
})
