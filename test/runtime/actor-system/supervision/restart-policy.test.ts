import { expect, test } from 'vitest'
import { decideRestart, type RestartPolicy } from '../../../../runtime/actor-system/supervision/restart-policy.ts'

const policy: RestartPolicy = { maxRestarts: 4, windowMs: 10_000, backoffMs: { first: 100, max: 500 } }

/** Delays of the restarts for crashes at these moments; ends with `escalate` when it comes to that. */
function delays(crashes: readonly number[]): (number | 'escalate')[] {
  let history: readonly number[] = []
  const result: (number | 'escalate')[] = []
  for (const atMs of crashes) {
    const decision = decideRestart(policy, history, atMs)
    if (decision.type === 'escalate') return [...result, 'escalate']
    result.push(decision.delayMs)
    history = decision.crashesAtMs
  }
  return result
}

test('the delay doubles with each crash in the window, up to its bound', () => {
  expect(delays([0, 1, 2, 3])).toEqual([100, 200, 400, 500])
})

test('the crash after the last restart that is allowed escalates', () => {
  expect(delays([0, 1, 2, 3, 4])).toEqual([100, 200, 400, 500, 'escalate'])
})

test('crashes that are older than the window are forgotten', () => {
  expect(delays([0, 1, 2, 3, 10_002])).toEqual([100, 200, 400, 500, 200])
  expect(delays([0, 20_000, 40_000, 60_000, 80_000, 100_000])).toEqual([100, 100, 100, 100, 100, 100])
})

test('no restarts allowed: the first crash escalates', () => {
  expect(decideRestart({ ...policy, maxRestarts: 0 }, [], 0).type).toBe('escalate')
})
