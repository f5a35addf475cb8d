import { describe, expect, test } from 'vitest'
import {
  describeNotifier,
  initialNotifier,
  MAX_WAITING,
  type NotifierEffect,
  type NotifierEvent,
  type NotifierOptions,
  type NotifierRule,
  type NotifierState,
  stepNotifier,
} from '../../../actors/notifier/machine.ts'
import type { InstanceStateMessage, NotifierMessage } from '../../../actors/notifier/messages.ts'
import { NOTIFY_EVENTS } from '../../../config/gateway-config.ts'

const PROGRAM: NotifierRule = { on: NOTIFY_EVENTS, command: ['/usr/local/bin/tell'], url: null, timeoutMs: 1000 }
const HOOK: NotifierRule = { on: NOTIFY_EVENTS, command: [], url: 'https://me:secret@alerts/x?key=y', timeoutMs: 1000 }
const AT = '2026-11-30T12:00:00.000Z'

const optionsOf = (...notifiers: readonly NotifierRule[]): NotifierOptions => ({
  name: 'jupiter',
  address: '10.0.0.1',
  priority: 99,
  notifiers,
  refusal: null,
})
const becomes = (state: InstanceStateMessage['state'], reason: string | null = null): NotifierMessage => ({
  type: 'instanceState',
  instance: 'VI_51',
  state,
  priority: 99,
  reason,
})
const failed = (name: string): NotifierMessage => ({
  type: 'nodeChanged',
  event: 'nodeFailed',
  name,
  address: '10.0.0.2',
  priority: 89,
  reason: 'it is not heard any more',
})

class Bench {
  state: NotifierState
  effects: readonly NotifierEffect[] = []

  constructor(options: NotifierOptions, isFirst = true) {
    this.state = initialNotifier(options, isFirst)
  }

  feed(event: NotifierEvent): this {
    const { state, effects } = stepNotifier(this.state, event)
    this.state = state
    this.effects = effects
    return this
  }

  happens(message: NotifierMessage): this {
    return this.feed({ type: 'happened', message, at: AT })
  }

  delivered(id = 0, problem: string | null = null, mayPass = false, output: string | null = null): this {
    return this.feed({ type: 'delivered', id, problem, mayPass, output })
  }

  /** The events that are being told now, as `id event`. */
  get deliveries(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'deliver' ? [`${effect.id} ${effect.notice.event} ${effect.notice.node}`] : [],
    )
  }

  get lines(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [`${effect.level} ${effect.line}`] : []))
  }
}

test('each change of a role is told once, with what it was', () => {
  const bench = new Bench(optionsOf(PROGRAM))
  expect(bench.happens(becomes('BACKUP')).effects).toEqual([
    {
      type: 'deliver',
      id: 0,
      rule: PROGRAM,
      notice: {
        event: 'backup',
        at: AT,
        from: 'jupiter',
        instance: 'VI_51',
        state: 'BACKUP',
        previous: 'INIT',
        priority: 99,
        node: 'jupiter',
        address: '10.0.0.1',
        reason: null,
      },
    },
  ])
  bench.delivered()
  expect(bench.happens(becomes('BACKUP')).effects).toEqual([])
  const [effect] = bench.happens(becomes('FAULT', 'eth0 is down')).effects
  expect(effect).toMatchObject({ notice: { event: 'fault', previous: 'BACKUP', reason: 'eth0 is down' } })
})

test('a director that is stopped is one no more; who was none has nothing to tell', () => {
  const bench = new Bench(optionsOf(PROGRAM)).happens(becomes('MASTER')).delivered()
  expect(bench.happens(becomes('INIT')).effects).toMatchObject([
    { notice: { event: 'backup', state: 'BACKUP', previous: 'MASTER', reason: 'its gateway stops' } },
  ])
  const other = new Bench(optionsOf(PROGRAM)).happens(becomes('BACKUP')).delivered()
  expect(other.happens(becomes('INIT')).effects).toEqual([])
})

test('one that was restarted does not tell anew how things are', () => {
  const bench = new Bench(optionsOf(PROGRAM), false)
  expect(bench.happens(becomes('MASTER')).effects).toEqual([])
  expect(bench.happens(becomes('BACKUP')).deliveries).toEqual(['0 backup jupiter'])
})

test('what happens meanwhile waits, in order; each notifier goes at its own pace', () => {
  const bench = new Bench(optionsOf(PROGRAM, { ...PROGRAM, command: ['/other'] }))
  expect(bench.happens(becomes('BACKUP')).deliveries).toEqual(['0 backup jupiter', '1 backup jupiter'])
  expect(bench.happens(becomes('MASTER')).deliveries).toEqual([])
  bench.happens(failed('saturn'))
  expect(bench.delivered(0).deliveries).toEqual(['0 director jupiter'])
  expect(bench.delivered(0).deliveries).toEqual(['0 nodeFailed saturn'])
  expect(bench.delivered(1).deliveries).toEqual(['1 director jupiter'])
})

test('only what a notifier is to be told of is', () => {
  const bench = new Bench(optionsOf({ ...PROGRAM, on: ['nodeFailed'] }))
  expect(bench.happens(becomes('MASTER')).effects).toEqual([])
  expect(bench.happens(failed('saturn')).effects).toMatchObject([
    { notice: { instance: null, state: 'FAILED', node: 'saturn', address: '10.0.0.2', priority: 89, from: 'jupiter' } },
  ])
})

test('beyond 64 that wait the oldest goes: counted, and told', () => {
  const bench = new Bench(optionsOf(PROGRAM))
  for (let n = 0; n <= MAX_WAITING; n++) bench.happens(failed(`node${n}`))
  expect(bench.lines).toEqual([])
  bench.happens(failed('last'))
  expect(bench.lines).toEqual([
    'warn notify: /usr/local/bin/tell is behind: 64 notices wait, nodeFailed of node1 is dropped',
  ])
  expect(describeNotifier(bench.state).notifiers).toEqual([
    { target: '/usr/local/bin/tell', delivered: 0, failed: 0, dropped: 1, waiting: 65 },
  ])
  expect(bench.delivered().deliveries).toEqual(['0 nodeFailed node2'])
})

test('what a program says is logged, what goes wrong is, too, and stands in the status until it goes well', () => {
  const bench = new Bench(optionsOf(PROGRAM)).happens(becomes('BACKUP')).happens(becomes('MASTER'))
  expect(bench.delivered(0, null, false, 'mail sent').lines).toEqual([
    'info notify: /usr/local/bin/tell: backup of VI_51: mail sent',
  ])
  expect(bench.delivered(0, 'ended with 1', false, 'no mail').lines).toEqual([
    'warn notify: /usr/local/bin/tell: director of VI_51: ended with 1: no mail',
  ])
  expect(describeNotifier(bench.state)).toMatchObject({
    notifiers: [{ delivered: 1, failed: 1, waiting: 0 }],
    warnings: [{ text: 'notify: /usr/local/bin/tell failed when it was called last: ended with 1: no mail' }],
  })
  bench.happens(becomes('FAULT')).delivered()
  expect(describeNotifier(bench.state).warnings).toEqual([])
})

describe('a URL', () => {
  test('is tried once more after a second where that may do, and a program is not', () => {
    const bench = new Bench(optionsOf(HOOK)).happens(becomes('BACKUP')).happens(becomes('MASTER'))
    expect(bench.delivered(0, 'answers with status 503', true).effects).toEqual([
      { type: 'startTimer', timer: 'retry:0', delayMs: 1000 },
    ])
    expect(bench.feed({ type: 'timerExpired', timer: 'retry:0' }).deliveries).toEqual(['0 backup jupiter'])
    expect(bench.delivered(0, 'answers with status 503', true).deliveries).toEqual(['0 director jupiter'])
    expect(bench.delivered(0, 'answers with status 404', false).lines).toHaveLength(1)
    const program = new Bench(optionsOf(PROGRAM)).happens(becomes('BACKUP'))
    expect(program.delivered(0, 'ended with 1', true).lines).toHaveLength(1)
  })

  test('is told of without what may be secret in it', () => {
    const bench = new Bench(optionsOf(HOOK)).happens(becomes('BACKUP')).delivered(0, 'answers with status 404')
    expect(bench.lines).toEqual(['warn notify: https://***@alerts/x?***: backup of VI_51: answers with status 404'])
  })
})

describe('a reload', () => {
  const configured = (bench: Bench, options: NotifierOptions) => bench.feed({ type: 'configured', options, at: AT })

  test('leaves the notices of one that goes on, and drops those of one that is gone', () => {
    const gone = { ...PROGRAM, command: ['/gone'] }
    const bench = new Bench(optionsOf(gone, PROGRAM)).happens(becomes('BACKUP')).happens(becomes('MASTER'))
    configured(bench, optionsOf({ ...PROGRAM, timeoutMs: 5000 }, { ...PROGRAM, command: ['/new'] }))
    expect(bench.lines).toEqual(['warn notify: /gone is told no more: 1 notices are dropped'])
    expect(bench.delivered(0).effects).toEqual([])
    expect(bench.delivered(1).effects).toMatchObject([
      { id: 1, rule: { timeoutMs: 5000 }, notice: { event: 'director' } },
    ])
    expect(bench.happens(becomes('BACKUP')).deliveries).toEqual(['2 backup jupiter'])
  })

  test('that is refused is told once, each time', () => {
    const bench = new Bench(optionsOf(PROGRAM))
    const refusal = (number: number) => ({ number, problems: ['name: is wrong', 'interface: is wrong'] })
    expect(configured(bench, { ...optionsOf(PROGRAM), refusal: refusal(1) }).effects).toMatchObject([
      { notice: { event: 'configurationRefused', state: 'REFUSED', reason: 'name: is wrong; interface: is wrong' } },
    ])
    expect(configured(bench, { ...optionsOf(PROGRAM), refusal: refusal(1) }).effects).toEqual([])
    expect(configured(bench, optionsOf(PROGRAM)).effects).toEqual([])
    bench.delivered()
    expect(configured(bench, { ...optionsOf(PROGRAM), refusal: refusal(2) }).deliveries).toHaveLength(1)
  })

  test('that was refused before a crash of this actor is not told again', () => {
    const refusal = { number: 3, problems: ['name: is wrong'] }
    const bench = new Bench({ ...optionsOf(PROGRAM), refusal }, false)
    expect(configured(bench, { ...optionsOf(PROGRAM), refusal }).effects).toEqual([])
  })
})

describe('an ordered stop', () => {
  test('is over at once where there is nothing to tell', () => {
    expect(new Bench(optionsOf(PROGRAM)).feed({ type: 'stopping' }).effects).toEqual([{ type: 'toldAll' }])
  })

  test('is over when all has been told', () => {
    const bench = new Bench(optionsOf(PROGRAM)).happens(becomes('MASTER')).happens(becomes('INIT'))
    expect(bench.feed({ type: 'stopping' }).effects).toEqual([])
    expect(bench.delivered().deliveries).toEqual(['0 backup jupiter'])
    expect(bench.delivered(0, 'ended with 1').effects.at(-1)).toEqual({ type: 'toldAll' })
  })
})
