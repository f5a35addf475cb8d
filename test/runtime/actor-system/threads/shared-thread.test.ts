import { afterEach, describe, expect, test } from 'vitest'
import type { ActorSystemOptions } from '../../../../runtime/actor-system/actor-system.ts'
import type { ActorPlan } from '../../../../runtime/actor-system/supervision/plan.ts'
import { expectEscalation, expectLastWords } from '../fixtures/deaths.ts'
import type { EchoControl, EchoMessage } from '../fixtures/echo.ts'
import { LiveSystem, livePlan } from '../fixtures/live-system.ts'

const onShared = (name: string, more: Partial<ActorPlan> = {}): ActorPlan =>
  livePlan(name, { sharedThread: 'shared', ...more })

/** `echo` and `neighbour` are on one thread; `caller` and `other` have threads of their own, as those of the election do. */
const plans = (): readonly ActorPlan[] => [
  livePlan('caller', { peers: ['echo'], controls: ['echo'] }),
  livePlan('other'),
  onShared('echo'),
  onShared('neighbour', { runs: 'echo' }),
]

let live: LiveSystem | undefined

afterEach(async () => {
  await live?.system.stop([], 500)
  live = undefined
})

async function start(options: Partial<ActorSystemOptions> = {}, each = plans()): Promise<LiveSystem> {
  live = new LiveSystem(each, options)
  await live.system.start()
  return live
}

const described = (name: string) => live!.system.describe().find((actor) => actor.name === name)!
const threadOf = (name: string) => described(name).threadId
const incarnationOf = async (name: string) => (await live!.control<EchoControl>(name)).incarnation()
const tell = async (message: EchoMessage) => (await live!.caller()).tell(message, 1)

/** Nothing has happened to it since the start. */
function expectUntouched(name: string): void {
  expect(live!.of(name, 'crashed', 'stalled', 'restarting')).toEqual([])
  expect(described(name)).toMatchObject({ state: 'running', restarts: 0 })
}

describe('actors that share a thread', () => {
  test('are on one, and each is described by itself', async () => {
    const system = await start()
    const caller = await system.caller()
    expect(await caller.ask({ type: 'echo', payload: 'word' }, 1000)).toBe('word')
    expect(threadOf('echo')).toBe(threadOf('neighbour'))
    expect(new Set(['caller', 'other', 'echo'].map(threadOf)).size).toBe(3)
    expect(described('echo')).toMatchObject({ placement: 'worker', handled: 1, mailbox: 0, restarts: 0 })
    expect(described('neighbour')).toMatchObject({ placement: 'worker', handled: 0 })
  })

  const caught: readonly (readonly [string, EchoMessage, RegExp])[] = [
    ['throws in receive', { type: 'throw' }, /^thrown in receive$/],
    ['throws in a timer', { type: 'throwInTimer' }, /^thrown in a timer$/],
    ['has an unhandled rejection', { type: 'rejectUnhandled' }, /^rejected and not handled$/],
  ]
  test.each(caught)('one that %s is restarted alone, on the same thread', async (_title, message, reason) => {
    const system = await start()
    const thread = threadOf('echo')
    await tell(message)
    await system.happened('echo', 'spawned', 2)
    await system.until(async () => (await incarnationOf('echo').catch(() => 0)) === 1)
    const [crash] = system.of('echo', 'crashed')
    expect(crash?.type === 'crashed' && crash.reason).toMatch(reason)
    expect(threadOf('echo')).toBe(thread)
    expect(threadOf('neighbour')).toBe(thread)
    expect(await incarnationOf('neighbour')).toBe(0)
    for (const name of ['neighbour', 'caller', 'other']) expectUntouched(name)
  })

  test('what a dying actor had sent arrives before its peers hear of its death', async () => {
    const each = plans().map((plan) => (plan.name === 'echo' ? { ...plan, peers: ['caller'] } : plan))
    const system = await start({}, each)
    await expectLastWords(system)
  })

  test('one that keeps crashing escalates, and its neighbour goes on', async () => {
    const system = await start()
    await expectEscalation(system)
    expect(await incarnationOf('neighbour')).toBe(0)
    expectUntouched('neighbour')
  })

  test('an error that nobody caught ends their thread: all of them are restarted, each is told of, nobody else is touched', async () => {
    const system = await start()
    const thread = threadOf('echo')
    await tell({ type: 'throwOutside' })
    for (const name of ['echo', 'neighbour']) {
      await system.until(async () => (await incarnationOf(name).catch(() => 0)) === 1)
      expect(system.of(name, 'crashed')).toMatchObject([{ reason: 'the thread that it shares ended: thrown outside' }])
    }
    expect(threadOf('echo')).toBe(threadOf('neighbour'))
    expect(threadOf('echo')).not.toBe(thread)
    for (const name of ['caller', 'other']) expectUntouched(name)
  })

  test('one that blocks: the thread is replaced, all of them come back, and nobody else notices', async () => {
    const system = await start({ stallMs: 1500 })
    const thread = threadOf('echo')
    expect(system.system.stall('echo', 3_600_000)).toBe(true)
    for (const name of ['echo', 'neighbour']) {
      await system.happened(name, 'stalled')
      await system.until(async () => (await incarnationOf(name).catch(() => 0)) === 1)
    }
    expect(threadOf('echo')).toBe(threadOf('neighbour'))
    expect(threadOf('echo')).not.toBe(thread)
    for (const name of ['caller', 'other']) expectUntouched(name)
    const caller = await system.caller()
    expect(await caller.ask({ type: 'echo', payload: 'again' }, 1000)).toBe('again')
  })

  test('one that does not stop in time is ended alone', async () => {
    const each = plans().map((plan) => (plan.name === 'echo' ? { ...plan, options: { slowStopMs: 60_000 } } : plan))
    const system = await start({}, each)
    const stopping = system.system.stop(['echo', 'neighbour'], 200)
    await system.happened('echo', 'stopped')
    expect(system.of('echo', 'crashed')).toMatchObject([{ reason: 'did not stop within 200 ms' }])
    await stopping
    expect(system.of('neighbour', 'crashed')).toEqual([])
    expect(system.lines).toContain('neighbour: stopped')
  })

  test('one that cannot start is a start-up error that names it, with the cause', async () => {
    const broken = new LiveSystem([onShared('echo'), onShared('broken')])
    const error = await broken.system.start().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ESTART',
      actor: 'broken',
      cause: { message: 'no such device', code: 'ENODEV' },
    })
    expect(broken.system.describe().every(({ state }) => state === 'stopped')).toBe(true)
  })

  test('none of them can be real-time', async () => {
    const planned = new LiveSystem([onShared('echo', { realtime: true })])
    await expect(planned.system.start()).rejects.toThrow(/a thread that is shared/)
  })
})
