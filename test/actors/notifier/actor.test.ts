import { expect, test } from 'vitest'
import { FAREWELL_MS, startNotifier } from '../../../actors/notifier/actor.ts'
import type { NotifierOptions } from '../../../actors/notifier/machine.ts'
import type { NotifierMessage, NotifierStatus } from '../../../actors/notifier/messages.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { done } from '../../../runtime/ports/result.ts'
import { FakePrograms } from '../../fakes/programs.ts'
import { FakeWebhooks } from '../../fakes/webhooks.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'

const OPTIONS: NotifierOptions = {
  name: 'jupiter',
  address: '10.0.0.1',
  priority: 99,
  notifiers: [
    { on: ['director', 'backup', 'drained'], command: ['/weak', 'word'], url: null, timeoutMs: 3000 },
    { on: ['drained'], command: [], url: 'http://alerts/x', timeoutMs: 2000 },
  ],
  refusal: null,
}
const DIRECTOR: NotifierMessage = {
  type: 'instanceState',
  instance: 'VI_51',
  state: 'MASTER',
  priority: 99,
  reason: null,
}
const DRAINED: NotifierMessage = {
  type: 'nodeChanged',
  event: 'drained',
  name: 'saturn',
  address: '10.0.0.2',
  priority: 89,
  reason: 'it has no connection left',
}

async function start() {
  const context = new RecordedContext<Readonly<Record<never, never>>>()
  const [programs, webhooks] = [new FakePrograms(), new FakeWebhooks()]
  programs.weaknesses.set('/weak', '/weak is run by root, and others may write /weak: chmod go-w /weak')
  const actor = await startNotifier(context, OPTIONS, { programs, webhooks })
  const describe = () => (actor.control as { describe(): NotifierStatus }).describe()
  return { context, programs, webhooks, actor, describe }
}

test('a program is called as keepalived calls its notify scripts, with all else as JSON on stdin', async () => {
  const { programs, actor } = await start()
  actor.receive(DIRECTOR, 'elector')
  expect(programs.runs).toMatchObject([
    { command: ['/weak', 'word', 'INSTANCE', 'VI_51', 'MASTER', '99'], timeoutMs: 3000 },
  ])
  const { input } = programs.runs[0]!
  expect(JSON.parse(input)).toMatchObject({ event: 'director', instance: 'VI_51', previous: 'INIT', from: 'jupiter' })
  expect(JSON.parse(input).at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(input.endsWith('}\n')).toBe(true)
  await programs.end('0')
  actor.receive(DRAINED, 'discovery')
  expect(programs.runs.at(-1)?.command).toEqual(['/weak', 'word', 'NODE', 'saturn', 'DRAINED', '89'])
})

test('a URL gets the same JSON', async () => {
  const { webhooks, actor, describe } = await start()
  actor.receive(DRAINED, 'discovery')
  expect(webhooks.posts).toMatchObject([
    { url: 'http://alerts/x', timeoutMs: 2000, body: { event: 'drained', node: 'saturn', address: '10.0.0.2' } },
  ])
  await webhooks.answer(done)
  expect(describe().notifiers[1]).toMatchObject({ delivered: 1, waiting: 0 })
})

test('what is weak about a program is a warning, until it is another', async () => {
  const { context, actor, describe } = await start()
  const weakness = 'notify: /weak is run by root, and others may write /weak: chmod go-w /weak'
  expect([context.lines, textsOf(describe().warnings)]).toEqual([[`warn: ${weakness}`], [weakness]])
  actor.configure?.({ ...OPTIONS, notifiers: [] })
  expect(textsOf(describe().warnings)).toEqual([])
})

test('a stop waits until all is told, and no longer than its patience', async () => {
  const { programs, webhooks, actor } = await start()
  actor.receive(DIRECTOR, 'elector')
  const stopped = actor.stop?.()
  await programs.end('0')
  await stopped
  expect([programs.isClosed, webhooks.isClosed]).toEqual([true, true])
  const hanging = await start()
  hanging.actor.receive(DIRECTOR, 'elector')
  const ended = hanging.actor.stop?.()
  hanging.context.clock.advance(FAREWELL_MS)
  await ended
  expect(hanging.programs.isClosed).toBe(true)
})
