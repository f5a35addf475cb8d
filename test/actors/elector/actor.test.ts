import { describe, expect, test } from 'vitest'
import { startElector } from '../../../actors/elector/actor.ts'
import { masterDownMs } from '../../../actors/elector/intervals.ts'
import type { ElectorControl, ElectorMessage } from '../../../actors/elector/messages.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import type { ElectorPeers } from '../../../actors/elector/state.ts'
import type { ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { heardAdvert, v2, v3 } from './bench.ts'

/** A raw-IP actor whose answer to `drain` the test gives. */
class DrainedContext extends RecordedContext<ElectorPeers> {
  readonly requests: { readonly to: string; readonly timeoutMs: number }[] = []
  answer: (deaf?: boolean) => void = () => undefined
  refuse: () => void = () => undefined

  override request(to?: string, _message?: unknown, timeoutMs = 0): Promise<unknown> {
    this.requests.push({ to: `${to}`, timeoutMs })
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.answer = (deaf = false) => resolve({ packets: 0, deaf })
    this.refuse = () => reject(new Error('ETIMEOUT'))
    return promise
  }
}

async function started(options: ElectorOptions = v2) {
  const context = new DrainedContext()
  const elector = await startElector(context, { ...options, announcer: 'announcer' }, {})
  return { context, elector, ...(elector.control as ElectorControl) }
}

async function promoted(options: ElectorOptions = v2) {
  const node = await started(options)
  node.context.clock.advance(masterDownMs(options, options.advertIntervalCs * 10) + 1)
  node.context.answer()
  await Promise.resolve()
  confirmLast(node.context, node.elector)
  return node
}

function confirmLast(context: DrainedContext, elector: ActorInstance<ElectorMessage>): void {
  const adverts = context.sent.filter(({ to }) => to === 'raw-ip')
  const { confirm } = adverts.at(-1)!.message as { readonly confirm: number }
  elector.receive({ type: 'sent', confirm, atMs: context.clock.nowMs() }, 'raw-ip')
}

describe('the elector', () => {
  test('is in Backup as soon as it has started, and says so', async () => {
    const { context, describe } = await started()
    expect(describe()).toMatchObject({ state: 'BACKUP', role: 'scanning' })
    expect(context.inspected.filter(({ type }) => type === 'state')).toEqual([
      { type: 'state', from: 'INIT', to: 'BACKUP', cause: 'start' },
    ])
  })

  test('of several, each speaks to its own announcer', async () => {
    const context = new DrainedContext()
    const elector = await startElector(context, { ...v2, announcer: 'announcer-web' }, {})
    context.sent.length = 0
    elector.peerUp?.('announcer-web')
    expect(context.sent).toEqual([{ to: 'announcer-web', message: { type: 'release' } }])
  })

  test('asks raw-ip to drain before it acts on silence, for 2 s at most', async () => {
    const { context, describe } = await started()
    context.clock.advance(3609)
    expect(context.requests).toEqual([])
    context.clock.advance(1)
    expect(context.requests).toEqual([{ to: 'raw-ip', timeoutMs: 2000 }])
    expect(describe().state).toBe('BACKUP')
    context.answer()
    await Promise.resolve()
    expect(describe().state).toBe('MASTER')
  })

  test('without an answer it does not act: it waits anew, sends nothing, and asks again', async () => {
    const { context, describe } = await started()
    context.clock.advance(3610)
    context.refuse()
    await Promise.resolve()
    await Promise.resolve()
    expect(describe()).toMatchObject({
      state: 'BACKUP',
      warnings: [{ text: expect.stringContaining('not taking over blindly') }],
    })
    expect(context.sent.filter(({ to }) => to === 'raw-ip')).toEqual([])
    context.clock.advance(3610)
    expect(context.requests).toHaveLength(2)
    context.answer()
    await Promise.resolve()
    expect(describe().state).toBe('MASTER')
  })

  test('while the sockets are closed silence proves nothing; from their return a full interval is waited', async () => {
    const { context, elector, describe } = await started()
    context.clock.advance(3610)
    context.answer(true)
    await Promise.resolve()
    expect(describe().state).toBe('BACKUP')
    context.clock.advance(3000)
    elector.receive({ type: 'socketsReopened' }, 'raw-ip')
    context.clock.advance(3609)
    expect(context.requests).toHaveLength(1)
    context.clock.advance(1)
    expect(context.requests).toHaveLength(2)
  })

  test('an advert that is delivered before the answer stops it', async () => {
    const { context, elector, describe } = await started()
    context.clock.advance(3610)
    const event = heardAdvert(v2, { priority: 200 })
    if (event.type === 'packet') elector.receive(event, 'raw-ip')
    context.answer()
    await Promise.resolve()
    expect(describe()).toMatchObject({ state: 'BACKUP', masterPriority: 200 })
  })

  test('suspended for 10 s as director: on resume it gives up and sends nothing', async () => {
    const { context, describe } = await promoted()
    expect(describe().role).toBe('director')
    context.sent.length = 0
    context.clock.jumpTo(context.clock.nowMs() + 10_000)
    context.clock.advance(0)
    expect(describe().state).toBe('BACKUP')
    expect(context.sent[0]).toEqual({ to: 'announcer', message: { type: 'release' } })
    expect(context.sent.filter(({ to }) => to === 'raw-ip')).toEqual([])
  })

  test('steps down by control; false where it is not the director', async () => {
    const { context, elector, describe, stepDown } = await promoted()
    expect(stepDown()).toBe(true)
    expect(describe().handOver).toEqual({ outcome: 'underWay' })
    const follower = heardAdvert(v2, { priority: 50 })
    if (follower.type === 'packet') elector.receive(follower, 'raw-ip')
    context.clock.advance(0)
    expect(describe()).toMatchObject({ state: 'BACKUP', handOver: { outcome: 'taken' } })
    expect(stepDown()).toBe(false)
  })

  test('rule 19: an ordered stop resigns, holds until a follower is heard, and leaves no timer', async () => {
    const { context, elector, describe } = await promoted()
    context.sent.length = 0
    const stopped = elector.stop?.()
    expect(context.sent.map(({ to }) => to)).toEqual(['raw-ip'])
    const follower = heardAdvert(v2, { priority: 50 })
    if (follower.type === 'packet') elector.receive(follower, 'raw-ip')
    await stopped
    expect(context.sent.map(({ to }) => to)).toEqual([
      'raw-ip',
      'announcer',
      'discovery',
      'dispatcher',
      'forwarder',
      'watcher',
      'notifier',
    ])
    expect(describe().role).toBe('initializing')
    expect(context.clock.nextDueMs()).toBeUndefined()
  })

  test('an ordered stop waits 1.5 s for a follower at most, however long its skew may be', async () => {
    const { context, elector, describe } = await promoted({ ...v3, advertIntervalCs: 4000 })
    const stopped = elector.stop?.()
    context.clock.advance(1499)
    expect(describe().role).toBe('director')
    context.clock.advance(1)
    await stopped
    expect(describe().role).toBe('initializing')
    expect(context.clock.nextDueMs()).toBeUndefined()
  })

  test('tells a peer that comes up; a peer that it has nothing to say to is let be', async () => {
    const { context, elector } = await started()
    context.sent.length = 0
    elector.peerUp?.('dispatcher')
    elector.peerUp?.('inspector')
    expect(context.sent).toMatchObject([{ to: 'dispatcher', message: { role: 'scanning' } }])
  })

  test('does not start with options that no advert can carry', async () => {
    await expect(started({ ...v2, advertIntervalCs: 150 })).rejects.toThrow(RangeError)
  })
})
