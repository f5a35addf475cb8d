import { expect, test } from 'vitest'
import { resultFile } from '../../../loadtest/load-test.ts'
import { loadTest } from '../../../loadtest/maintenance/load-test.ts'

const parse = (...args: readonly string[]) => loadTest.parse(args)
const usual = {
  minutes: 10,
  modes: ['kernel', 'workers'],
  parts: ['quiet', 'restart', 'drain', 'failover', 'proxy'],
  json: resultFile('maintenance'),
}

test('both modes, ten minutes, everything, the usual file', () => {
  expect(parse()).toEqual({ type: 'run', options: usual })
})

test('what is asked for; parts in their own order', () => {
  const options = { minutes: 0.5, modes: ['workers'], parts: ['quiet', 'drain'], json: 'x.json' }
  const args = ['--minutes', '0.5', '--mode', 'workers', '--only', 'drain,quiet', '--json', 'x.json']
  expect(parse(...args)).toEqual({ type: 'run', options })
  expect(parse('--help')).toEqual({ type: 'help' })
})

test.each([
  [['--minutes', '0'], '--minutes: 0 is not a number above 0, up to 1000'],
  [['--minutes', 'ten'], '--minutes: ten is not a number above 0, up to 1000'],
  [['--mode', 'bpf'], '--mode: there is no bpf, only kernel, workers'],
  [['--only', 'drain,fire'], '--only: there is no fire, only quiet, restart, drain, failover, proxy'],
  [['--speed'], expect.stringContaining('--speed')],
])('%j: named as wrong', (args, reason) => {
  expect(parse(...args)).toEqual({ type: 'mistake', reason })
})
