import { describe, expect, test } from 'vitest'
import {
  describePortMonitor,
  initialPortMonitor,
  type PortMonitorEffect,
  type PortMonitorEvent,
  type PortMonitorRules,
  type PortMonitorState,
  stepPortMonitor,
} from '../../../actors/port-monitor/machine.ts'
import type { Listener } from '../../../runtime/ports/sockets/socket-table.ts'

const rules: PortMonitorRules = { proxyPorts: [2121, 9090], pollMs: 500, fall: 1, rise: 1, checks: [], perPort: false }
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
    state: { ...initialPortMonitor(rules), discoveryUp: true },
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
    expect(read.effects.at(-1)).toEqual({ type: 'startTimer', timer: 'poll', delayMs: 500 })
    const expired = stepPortMonitor(read.state, { type: 'timerExpired', timer: 'poll' })
    expect(expired.effects).toEqual([{ type: 'read' }])
  })

  test('all listen: ok, logged and told once', () => {
    const { state, effects } = run(listening(2121, 9090))
    expect(linesOf(effects)).toEqual(['monitor: current state: ok'])
    expect(toldTo(effects)).toEqual(['discovery: ok'])
    const again = stepPortMonitor(state, listening(2121, 9090))
    expect([...linesOf(again.effects), ...toldTo(again.effects)]).toEqual([])
  })

  test('the timeline tells of a failure with its cause, and of its end; that all is well at the start is no news', () => {
    const told = (...events: readonly PortMonitorEvent[]) =>
      run(...events).effects.flatMap((effect) => (effect.type === 'happened' ? [`${effect.kind}: ${effect.what}`] : []))
    expect(told(listening(2121, 9090))).toEqual([])
    expect(told(listening(2121, 9090), listening(9090))).toEqual(['nodeFailed: failed: port 2121 is not listening'])
    expect(told(listening(9090), listening(2121, 9090))).toEqual(['nodeReturned: serves again'])
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

describe('port by port', () => {
  const perPort = (...events: readonly PortMonitorEvent[]) =>
    run({ type: 'configured', rules: { ...rules, perPort: true } }, ...events)

  test('a node of which one proxy works takes part; who looks, and the group, hears which does not', () => {
    const { state, effects } = perPort(listening(9090))
    expect(toldTo(effects)).toEqual(['discovery: ok of 2121'])
    expect(linesOf(effects)).toEqual(['monitor: current state: ok (port 2121 is not listening)'])
    expect(describePortMonitor(state)).toMatchObject({
      state: 'ok',
      warnings: [{ text: 'port 2121 is not listening: others serve that' }],
    })
  })

  test('one of which none works does not; the electors hear of that alone', () => {
    const up = { type: 'electorUp', elector: 'elector' } as const
    expect(toldTo(perPort(up, listening(9090), up).effects)).toEqual(['elector: ok'])
    expect(toldTo(perPort(up, listening(9090), listening()).effects)).toEqual([
      'discovery: failure of 2121,9090',
      'elector: failed',
    ])
  })
})

describe('a read that fails', () => {
  test('leaves the state as it was, twice', () => {
    const { state, effects } = run(listening(2121, 9090), unreadable, unreadable)
    expect([...linesOf(effects), ...toldTo(effects)]).toEqual([])
    expect(describePortMonitor(state)).toMatchObject({
      state: 'ok',
      warnings: [{ text: 'the listening ports cannot be read: ENOBUFS' }],
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

describe('deep checks', () => {
  const probe = { type: 'connect', port: 9090, timeoutMs: 2000 } as const
  const checked: PortMonitorRules = { ...rules, checks: [{ probe, intervalMs: 5000 }], rise: 2 }
  const answer = (problem: string | null, generation = 0): PortMonitorEvent => ({
    type: 'probed',
    index: 0,
    generation,
    problem,
  })
  const runChecked = (...events: readonly PortMonitorEvent[]) => {
    let step = stepPortMonitor({ ...initialPortMonitor(checked), discoveryUp: true }, { type: 'started' })
    for (const event of events) step = stepPortMonitor(step.state, event)
    return step
  }

  test('are asked at once, and again an interval after each answer', () => {
    expect(runChecked().effects).toContainEqual({ type: 'probe', index: 0, generation: 0, probe })
    const timer = { type: 'startTimer', timer: 'check0', delayMs: 5000 }
    const { state, effects } = runChecked(answer(null))
    expect(effects).toEqual([timer])
    const due = stepPortMonitor(state, { type: 'timerExpired', timer: 'check0' })
    expect(due.effects).toEqual([{ type: 'probe', index: 0, generation: 0, probe }])
  })

  test('nothing is said of the node before both were looked at once', () => {
    expect(toldTo(runChecked(listening(2121, 9090)).effects)).toEqual([])
    expect(toldTo(runChecked(answer(null)).effects)).toEqual([])
    expect(toldTo(runChecked(listening(2121, 9090), answer(null)).effects)).toEqual(['discovery: ok'])
  })

  test('a failure names the port and what came instead, and is over by the second success', () => {
    const failed = [listening(2121, 9090), answer(null), answer('gave no answer within 2000 ms')]
    const { state, effects } = runChecked(...failed)
    expect(toldTo(effects)).toEqual(['discovery: failure of 9090'])
    expect(describePortMonitor(state).ports[1]).toEqual({
      port: 9090,
      listening: true,
      problem: 'gave no answer within 2000 ms',
    })
    expect(toldTo(runChecked(...failed, answer(null)).effects)).toEqual([])
    expect(toldTo(runChecked(...failed, answer(null), answer(null)).effects)).toEqual(['discovery: ok'])
  })

  test('a port that does not listen is told as that', () => {
    const { state } = runChecked(listening(2121), answer('connect ECONNREFUSED'))
    expect(describePortMonitor(state).ports[1]?.problem).toBe('is not listening')
  })

  test('other checks begin anew; answers to the old ones are nobody’s; the state stands until then', () => {
    const other = { ...probe, port: 2121 }
    const before = runChecked(listening(2121, 9090), answer('slow')).state
    const configured = stepPortMonitor(before, {
      type: 'configured',
      rules: { ...checked, checks: [{ probe: other, intervalMs: 1000 }] },
    })
    expect(configured.effects).toContainEqual({ type: 'cancelTimer', timer: 'check0' })
    expect(configured.effects).toContainEqual({ type: 'probe', index: 0, generation: 1, probe: other })
    expect(stepPortMonitor(configured.state, answer('slow', 0)).effects).toEqual([])
    expect(describePortMonitor(configured.state).state).toBe('failure')
    expect(toldTo(stepPortMonitor(configured.state, answer(null, 1)).effects)).toEqual(['discovery: ok'])
  })

  test('the same checks go on under other rules', () => {
    const { state } = runChecked(listening(2121, 9090), answer('slow'))
    const { effects } = stepPortMonitor(state, { type: 'configured', rules: { ...checked, rise: 1 } })
    expect(effects).toEqual([{ type: 'read' }])
  })
})
