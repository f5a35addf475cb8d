import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import type { ActorSystemOptions } from '../../../runtime/actor-system/actor-system.ts'
import { LOG_BURST } from '../../../runtime/actor-system/inspection/limited-log.ts'
import type { ActorPlan } from '../../../runtime/actor-system/supervision/plan.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { expectEscalation, expectLastWords } from './fixtures/deaths.ts'
import type { EchoControl, EchoMessage } from './fixtures/echo.ts'
import { LiveSystem, livePlan } from './fixtures/live-system.ts'

let live: LiveSystem | undefined

afterEach(async () => {
  await live?.system.stop([], 500)
  live = undefined
})

async function startPair(
  echo: Partial<ActorPlan> = {},
  options: Partial<ActorSystemOptions> = {},
): Promise<LiveSystem> {
  live = new LiveSystem([livePlan('caller', { peers: ['echo'], controls: ['echo'] }), livePlan('echo', echo)], options)
  await live.system.start()
  return live
}

describe('actors on threads of their own', () => {
  test('ask and answer, bytes included', async () => {
    const caller = await (await startPair()).caller()
    expect(await caller.ask({ type: 'echo', payload: { list: [1, 'two', null] } }, 1000)).toEqual({
      list: [1, 'two', null],
    })
    const bytes = (await caller.ask({ type: 'echo', payload: Uint8Array.of(1, 2, 3) }, 1000)) as Uint8Array
    expect([...bytes]).toEqual([1, 2, 3])
    expect(live?.system.describe().find(({ name }) => name === 'echo')).toMatchObject({
      placement: 'worker',
      state: 'running',
      handled: 2,
      mailbox: 0,
      restarts: 0,
    })
  })

  test('a question that nobody answers ends by ETIMEOUT', async () => {
    const caller = await (await startPair()).caller()
    expect(await caller.ask({ type: 'ignore' }, 30)).toBe('ETIMEOUT')
  })

  const fatal: readonly (readonly [string, EchoMessage, RegExp])[] = [
    ['throws in receive', { type: 'throw' }, /^thrown in receive$/],
    ['throws in a timer', { type: 'throwInTimer' }, /^thrown in a timer$/],
    ['has an unhandled rejection', { type: 'rejectUnhandled' }, /^rejected and not handled$/],
    ['exhausts its memory', { type: 'exhaustMemory' }, /memory/],
  ]
  test.each(fatal)(
    'an actor that %s crashes; its peer hears of it, and of its return',
    async (_title, message, reason) => {
      const system = await startPair()
      const caller = await system.caller()
      await caller.tell(message, 1)
      await system.happened('echo', 'spawned', 2)
      const [crash] = system.of('echo', 'crashed')
      expect(crash?.type === 'crashed' && crash.reason).toMatch(reason)
      await system.until(async () => (await caller.history()).length >= 3)
      expect(await caller.history()).toEqual(['up echo', 'down echo', 'up echo'])
      expect(await caller.ask({ type: 'echo', payload: 'again' }, 1000)).toBe('again')
      const again = await system.control<EchoControl>('echo')
      expect(await again.incarnation()).toBe(1)
    },
  )

  test('a question ends by EPEERDOWN when the asked dies', async () => {
    const caller = await (await startPair()).caller()
    expect(await caller.ask({ type: 'throw' }, 1500)).toBe('EPEERDOWN')
  })

  test('what a dying actor had sent arrives, all of it, before its peers hear of its death', async () => {
    const system = await startPair({ peers: ['caller'] })
    await expectLastWords(system)
  })

  test('a crash loop escalates, and the others go on', async () => {
    const system = await startPair()
    await expectEscalation(system)
    const caller = await system.control('caller')
    expect(await caller.ask?.({ type: 'ignore' }, 10)).toBe('EPEERDOWN')
  })

  test('a receiver that is blocked holds its capacity; the rest is lost at the sender and counted', async () => {
    const system = await startPair()
    const caller = await system.caller()
    await caller.tell({ type: 'block', forMs: 1000 }, 1)
    await system.until(() => system.system.describe().some(({ name, handled }) => name === 'echo' && handled === 1))
    await caller.tell({ type: 'ignore' }, 1000)
    expect(system.system.describe().find(({ name }) => name === 'echo')).toMatchObject({
      mailbox: 64,
      overflowed: 1000 - 64,
      handled: 1,
    })
    const reports = system.of('caller', 'deadLetter')
    expect(reports.length).toBeGreaterThan(0)
    expect(reports.length).toBeLessThan(40)
    await system.until(() => system.system.describe().some(({ name, handled }) => name === 'echo' && handled === 65))
  })

  test('a Worker that gives no sign of life is ended and restarted', async () => {
    const system = await startPair({}, { stallMs: 1500 })
    await system.caller()
    expect(system.system.stall('echo', 60_000)).toBe(true)
    await system.happened('echo', 'stalled')
    await system.happened('echo', 'spawned', 2)
    const echo = await system.control<EchoControl>('echo')
    expect(await echo.incarnation()).toBe(1)
    expect(system.of('caller', 'stalled', 'crashed')).toEqual([])
  })

  test('when the main thread was late, three times over, nobody is ended', async () => {
    const clock = new FakeClock()
    live = new LiveSystem([livePlan('echo')], { clock, stallMs: 1500 })
    await live.system.start()
    const pinged = (): number => live!.system.describe().find(({ name }) => name === 'echo')!.upMs
    for (let times = 0; times < 3; times++) {
      clock.jumpTo(clock.nowMs() + 60_000)
      // The late tick, and the one after it, with no time for the Worker to answer in between.
      clock.advance(0)
      clock.advance(1000)
    }
    expect(pinged()).toBeGreaterThan(180_000)
    expect(live.of('echo', 'stalled', 'crashed')).toEqual([])
  })

  test('log lines above the limit are suppressed where they come from, and the number is said', async () => {
    const system = await startPair()
    await (await system.caller()).tell({ type: 'logMany', lines: 1000 }, 1)
    await system.until(() => system.lines.some((line) => line.endsWith('suppressed')))
    const shown = system.lines.filter((line) => line.startsWith('echo: line')).length
    // At once, and some more where a busy machine takes its time for the others.
    expect(shown).toBeGreaterThanOrEqual(LOG_BURST)
    expect(shown).toBeLessThan(2 * LOG_BURST)
    expect(system.lines).toContain(`echo: ${1000 - shown} log lines were suppressed`)
  })

  test('single messages are shown only while somebody watches', async () => {
    const system = await startPair()
    const caller = await system.caller()
    await caller.ask({ type: 'echo', payload: 'unseen' }, 1000)
    expect(system.of('echo', 'message')).toEqual([])
    system.system.watch('test', true)
    await caller.ask({ type: 'echo', payload: 'seen' }, 1000)
    await system.happened('echo', 'message')
    expect(system.of('echo', 'message')).toMatchObject([{ from: 'caller', message: 'echo' }])
  })
})

describe('control calls', () => {
  test('are answered, or rejected with what was thrown', async () => {
    const caller = await (await startPair()).caller()
    expect(await caller.call('incarnation')).toBe(0)
    expect(await caller.call('refuse')).toBe('refused on purpose')
  })

  test('end when the answer takes too long, and at once when the called is dead; never hang', async () => {
    const system = await startPair()
    const echo = await system.control<EchoControl>('echo')
    expect(await echo.never().catch((error: Error) => error)).toMatchObject({ code: 'ETIMEOUT' })
    const dying = echo.never().catch((error: Error) => error)
    system.system.crash('echo')
    expect(await dying).toMatchObject({ code: 'EPEERDOWN' })
    expect(await echo.incarnation().catch((error: Error) => error)).toMatchObject({ code: 'EPEERDOWN' })
  })

  test('the supervisor can be called from another thread', async () => {
    const system = await startPair()
    const supervisor = await system.control('supervisor')
    const described = (await supervisor.actors?.()) as readonly { readonly name: string }[]
    expect(described.map(({ name }) => name)).toEqual(['caller', 'echo', 'probe'])
  })
})

describe('starting and stopping', () => {
  test('an actor that cannot start is a start-up error that names it, with the cause', async () => {
    const broken = new LiveSystem([livePlan('echo'), livePlan('broken')])
    const error = await broken.system.start().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ESTART',
      actor: 'broken',
      cause: { message: 'no such device', code: 'ENODEV' },
    })
    expect(broken.system.describe().every(({ state }) => state === 'stopped')).toBe(true)
  })

  test('an actor that the composition does not have is named', async () => {
    const broken = new LiveSystem([livePlan('nobody')])
    await expect(broken.system.start()).rejects.toThrow(/exports no actors.nobody/)
  })

  test('several of one kind run under names of their own', async () => {
    live = new LiveSystem([livePlan('echo'), { ...livePlan('echo-two'), runs: 'echo' }])
    await live.system.start()
    const running = live.system.describe().filter(({ state }) => state === 'running')
    expect(running.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'echo-two']))
  })

  test('actors stop in the order that is given, each with its patience', async () => {
    const system = new LiveSystem([
      livePlan('caller', { peers: ['echo'] }),
      livePlan('echo', { options: { slowStopMs: 60_000 } }),
      livePlan('other'),
    ])
    await system.system.start()
    const startMs = performance.now()
    await system.system.stop(['echo', 'caller'], 200)
    expect(performance.now() - startMs).toBeLessThan(5000)
    expect(system.events.filter(({ type }) => type === 'stopped').map(({ actor }) => actor)).toEqual([
      'echo',
      'caller',
      'probe',
      'other',
    ])
    expect(system.lines).toContain('echo: stopping')
    expect(system.of('echo', 'crashed')).toMatchObject([{ reason: 'did not stop within 200 ms' }])
  })

  test('after stop nothing keeps the process alive', async () => {
    const child = spawn(process.execPath, [new URL('./fixtures/run-and-stop.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const output: string[] = []
    child.stdout.on('data', (data: Buffer) => output.push(data.toString()))
    const [code] = (await once(child, 'exit')) as [number]
    expect(output.join('')).toBe('stopped\n')
    expect(code).toBe(0)
  })
})
