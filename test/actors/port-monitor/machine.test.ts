import { describe, expect, test } from 'vitest'
import {
  describePortMonitor,
  initialPortMonitor,
  type PortMonitorEffect,
  type PortMonitorEvent,
  type PortMonitorState,
  stepPortMonitor,
} from '../../../actors/port-monitor/machine.ts'
import type { Listener } from '../../../runtime/ports/socket-table.ts'

const listening = (...ports: readonly number[]): PortMonitorEvent => ({
  type: 'listeners',
  listeners: ports.map((port): Listener => ({ family: 4, address: '0.0.0.0', port, v6Only: false })),
})
const unreadable: PortMonitorEvent = { type: 'unreadable', reason: 'ENOBUFS' }

/** Takes the events one after the other; what is left is the state and the effects of the last. */
function run(...events: readonly PortMonitorEvent[]): {
  state: PortMonitorState
  effects: readonly PortMonitorEffect[]
} {
  let step: { state: PortMonitorState; effects: readonly PortMonitorEffect[] } = {
    state: { ...initialPortMonitor([2121, 9090], 500), discoveryUp: true },
    effects: [],
  }
  for (const event of events) step = stepPortMonitor(step.state, event)
  return step
}

const toldTo = (effects: readonly PortMonitorEffect[]) =>
  effects.flatMap((effect) => {
    if (effect.type !== 'send') return []
    const { to, message } = effect
    const ports = message.type === 'monitor' && message.failedPorts.length > 0 ? ` of ${message.failedPorts}` : ''
    return [`${to}: ${message.state}${ports}`]
  })
const linesOf = (effects: readonly PortMonitorEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))

describe('all redirect ports as a whole', () => {
  test('reads at once, and again a poll interval after each read', () => {
    expect(run({ type: 'started' }).effects).toEqual([{ type: 'read' }])
    const read = run({ type: 'started' }, listening(2121, 9090))
    expect(read.effects.at(-1)).toEqual({ type: 'startTimer', timer: 'poll', generation: 1, delayMs: 500 })
    const expired = stepPortMonitor(read.state, { type: 'timerExpired', timer: 'poll', generation: 1 })
    expect(expired.effects).toEqual([{ type: 'read' }])
  })

  test('all listen: ok, logged and told once', () => {
    const { state, effects } = run(listening(2121, 9090))
    expect(linesOf(effects)).toEqual(['monitor: current state: ok'])
    expect(toldTo(effects)).toEqual(['discovery: ok'])
    const again = stepPortMonitor(state, listening(2121, 9090))
    expect([...linesOf(again.effects), ...toldTo(again.effects)]).toEqual([])
  })

  test('one does not listen: failure of the node, and the port is named', () => {
    const { state, effects } = run(listening(2121, 9090), listening(9090))
    expect(linesOf(effects)).toEqual(['monitor: current state: failure (port 2121 is not listening)'])
    expect(toldTo(effects)).toEqual(['discovery: failure of 2121'])
    expect(describePortMonitor(state)).toEqual({
      state: 'failure',
      ports: [
        { port: 2121, listening: false, problem: 'is not listening' },
        { port: 9090, listening: true, problem: null },
      ],
      warnings: [],
    })
  })

  test('a further port that fails is logged, and the group told which those are now; once', () => {
    const { effects } = run(listening(9090), listening())
    expect(linesOf(effects)).toEqual([
      'monitor: current state: failure (port 2121 is not listening, port 9090 is not listening)',
    ])
    expect(toldTo(effects)).toEqual(['discovery: failure of 2121,9090'])
    expect(toldTo(run(listening(), listening()).effects)).toEqual([])
  })

  test('all listen again: ok', () => {
    const { effects } = run(listening(9090), listening(9090, 2121))
    expect(linesOf(effects)).toEqual(['monitor: current state: ok'])
    expect(toldTo(effects)).toEqual(['discovery: ok'])
  })
})

describe('a read that fails', () => {
  test('leaves the state as it was, twice', () => {
    const { state, effects } = run(listening(2121, 9090), unreadable, unreadable)
    expect([...linesOf(effects), ...toldTo(effects)]).toEqual([])
    expect(describePortMonitor(state)).toMatchObject({
      state: 'ok',
      warnings: ['the listening ports cannot be read: ENOBUFS'],
    })
  })

  test('is failure the third time, with the reason', () => {
    const { state, effects } = run(listening(2121, 9090), unreadable, unreadable, unreadable)
    expect(linesOf(effects)).toEqual(['monitor: current state: failure (the listening ports cannot be read: ENOBUFS)'])
    expect(toldTo(effects)).toEqual(['discovery: failure of 2121,9090'])
    expect(describePortMonitor(state).ports).toContainEqual({
      port: 9090,
      listening: false,
      problem: 'cannot be checked: ENOBUFS',
    })
  })

  test('counts in a row only', () => {
    const { state } = run(listening(2121, 9090), unreadable, unreadable, listening(2121, 9090), unreadable, unreadable)
    expect(describePortMonitor(state).state).toBe('ok')
  })

  test('does not stop the polling', () => {
    expect(run(unreadable).effects.at(-1)).toMatchObject({ type: 'startTimer', timer: 'poll' })
  })
})

test('discovery is told the state whenever it starts, as soon as there is one', () => {
  expect(run({ type: 'discoveryUp' }).effects).toEqual([])
  expect(toldTo(run(listening(9090), { type: 'discoveryUp' }).effects)).toEqual(['discovery: failure of 2121'])
})

test('nothing is sent to a discovery that is down; it hears of the change when it is back', () => {
  const down = run(listening(9090), { type: 'discoveryDown' }, listening(2121, 9090))
  expect([linesOf(down.effects), toldTo(down.effects)]).toEqual([['monitor: current state: ok'], []])
  expect(toldTo(stepPortMonitor(down.state, { type: 'discoveryUp' }).effects)).toEqual(['discovery: ok'])
})

test('a node whose ports were never read gets no traffic', () => {
  expect(describePortMonitor(run({ type: 'started' }).state).state).toBe('failure')
})

test('an expiry of an earlier timer is ignored', () => {
  const { state } = run(listening(9090), listening(9090))
  expect(stepPortMonitor(state, { type: 'timerExpired', timer: 'poll', generation: 1 }).effects).toEqual([])
})

describe('the electors, whose priority may depend on it', () => {
  const up: PortMonitorEvent = { type: 'electorUp', elector: 'elector' }

  test('are told when that changes, with the reason, and when they start', () => {
    const { state, effects } = run(up, listening(2121, 9090), listening(9090))
    expect(effects).toContainEqual({
      type: 'send',
      to: 'elector',
      message: { type: 'track', source: 'portMonitor', state: 'failed', reason: 'port 2121 is not listening' },
    })
    expect(toldTo(stepPortMonitor(state, { type: 'electorUp', elector: 'elector-b' }).effects)).toEqual([
      'elector-b: failed',
    ])
  })

  test('are not told before the ports were looked at, nor while they are down', () => {
    expect(run(up).effects).toEqual([])
    const down = run(up, listening(2121, 9090), { type: 'electorDown', elector: 'elector' }, listening(9090))
    expect(toldTo(down.effects)).toEqual(['discovery: failure of 2121'])
  })
})
