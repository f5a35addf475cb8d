import { expect, test } from 'vitest'
import {
  initialSockets as initialOf,
  type SocketsEffect,
  type SocketsEvent,
  type SocketsState,
  stepSockets,
} from '../../../actors/raw-ip/machine.ts'

const initialSockets = initialOf('raw sockets')

/** Takes the events one after the other; the state and effects after the last. */
function after(...events: readonly SocketsEvent[]): { state: SocketsState; effects: readonly SocketsEffect[] } {
  let step: { state: SocketsState; effects: readonly SocketsEffect[] } = { state: initialSockets, effects: [] }
  for (const event of events) step = stepSockets(step.state, event)
  return step
}
const failed: SocketsEvent = { type: 'openFailed', reason: 'there is no network interface eth0' }
const lost: SocketsEvent = { type: 'lost', reason: 'No such device' }
const delayOf = (effects: readonly SocketsEffect[]): number | undefined =>
  effects.find((effect) => effect.type === 'startTimer')?.delayMs

test('sockets that open at once are nothing to talk about', () => {
  expect(after({ type: 'opened' })).toEqual({ state: { ...initialSockets, open: true }, effects: [] })
})

test('sockets that are lost are closed and opened again after a while', () => {
  const closed = after({ type: 'opened' }, lost)
  expect(closed.state).toMatchObject({ open: false, lastFailure: 'No such device' })
  expect(closed.effects).toEqual([
    { type: 'close' },
    { type: 'log', level: 'warn', line: 'raw sockets are closed: No such device; trying again' },
    { type: 'startTimer', timer: 'reopen', delayMs: 100 },
  ])
  expect(stepSockets(closed.state, { type: 'timerExpired', timer: 'reopen' }).effects).toEqual([{ type: 'open' }])
})

test('the patience doubles up to two seconds, and only a packet that goes through ends it', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 2000].map((times) => delayOf(after(...new Array(times).fill(failed)).effects))
  expect(delays).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000])
  expect(delayOf(after(failed, failed, { type: 'opened' }, lost).effects)).toBe(400)
  expect(delayOf(after(failed, failed, { type: 'opened' }, { type: 'worked' }, lost).effects)).toBe(100)
})

test('an outage is one line, its end another', () => {
  expect(after(failed).effects.filter(({ type }) => type === 'log')).toHaveLength(1)
  expect(after(failed, failed).effects.filter(({ type }) => type === 'log')).toHaveLength(0)
  const back = after(failed, failed, { type: 'opened' })
  expect(back.effects).toEqual([{ type: 'log', level: 'info', line: 'raw sockets are open again' }])
  expect(back.state.reopened).toBe(1)
})

test('several complaints about the same loss are one loss, and a late success does not open closed sockets', () => {
  const { state } = after({ type: 'opened' }, lost)
  expect(stepSockets(state, lost)).toEqual({ state, effects: [] })
  expect(stepSockets(state, { type: 'worked' })).toEqual({ state, effects: [] })
})

test('an interface that was made anew: open sockets are closed, and opened there at once', () => {
  const anew = after({ type: 'opened' }, { type: 'interfaceChanged' })
  expect(anew.effects).toEqual([{ type: 'close' }, { type: 'open' }])
  expect(stepSockets(anew.state, { type: 'opened' }).state).toMatchObject({ open: true, reopened: 1 })
})

test('an interface that was made anew while the sockets wait for it: at once, and no more by the timer', () => {
  const anew = after(failed, failed, { type: 'interfaceChanged' })
  expect(anew.effects).toEqual([{ type: 'cancelTimer', timer: 'reopen' }, { type: 'open' }])
})
