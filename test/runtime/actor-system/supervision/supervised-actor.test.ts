import { expect, test } from 'vitest'
import { SupervisedActor } from '../../../../runtime/actor-system/supervision/supervised-actor.ts'
import { Watching } from '../../../../runtime/actor-system/supervision/watching.ts'
import type { HostListener } from '../../../../runtime/actor-system/threads/host.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { createPuppet, plan } from '../fixtures/puppet.ts'

/** A charge whose threads never end, however often they are killed: as if stuck in a system call. */
async function createStuckActor() {
  const clock = new FakeClock()
  const happened: string[] = []
  const listeners: HostListener[] = []
  const charge = new SupervisedActor<never>(
    plan('bob', createPuppet()),
    {
      clock,
      open: (_plan, _seed, listener) => {
        listeners.push(listener)
        return { threadId: 1, post() {}, kill: () => happened.push('killed') }
      },
      channel: () => {
        throw new Error('nobody is introduced here')
      },
      exposeControl: () => () => {},
    },
    new Watching(),
    {
      running() {},
      down: () => happened.push('down'),
      escalated() {},
      report: (_slot, report) => happened.push(report.type),
      event: (_slot, detail) => happened.push(detail.type),
    },
  )
  const started = charge.start()
  listeners[0]!.report({ type: 'started', hasControl: false })
  await started
  happened.length = 0
  return { clock, charge, happened, listeners }
}

test('a thread that cannot be ended is given up after a while, and its place taken by the next', async () => {
  const { clock, charge, happened, listeners } = await createStuckActor()
  // The watchdog may find it stalled again and again meanwhile: that must not put off the end.
  for (let second = 0; second < 4; second++) {
    charge.kill('stalled')
    expect(charge.isWatched).toBe(false)
    clock.advance(1000)
  }
  expect(happened).toEqual(['killed', 'down', 'crashed', 'restarting', 'spawned', 'killed'])
  expect(listeners).toHaveLength(2)
})

test('what a thread that was given up still says is not heard', async () => {
  const { clock, charge, happened, listeners } = await createStuckActor()
  charge.kill('stalled')
  clock.advance(2500)
  happened.length = 0
  listeners[0]!.report({ type: 'log', level: 'info', line: 'from the grave', atMs: 0 })
  listeners[0]!.report({ type: 'stopped' })
  listeners[0]!.gone()
  expect(happened).toEqual([])
  expect(charge.state).toBe('starting')
})

test('stopping ends in time although the thread does not', async () => {
  const { clock, charge } = await createStuckActor()
  const stopped = charge.stop(500)
  clock.advance(500)
  clock.advance(2000)
  await stopped
  expect(clock.nextDueMs()).toBeUndefined()
})

test('whoever stops it, and however often, is told when it is gone', async () => {
  const { clock, charge, listeners } = await createStuckActor()
  const stops = [charge.stop(500), charge.stop(100), charge.stop(500)]
  clock.advance(10)
  listeners[0]!.report({ type: 'stopped' })
  listeners[0]!.gone()
  await Promise.all(stops)
  expect(clock.nextDueMs()).toBeUndefined()
})
