import { expect, test } from 'vitest'
import { resultFile } from '../../../loadtest/load-test.ts'
import { loadTest } from '../../../loadtest/survival/load-test.ts'

const parse = (...args: readonly string[]) => loadTest.parse(args)

test('both modes, one round, the usual file', () => {
  expect(parse()).toEqual({
    type: 'run',
    options: { rounds: 1, modes: ['kernel', 'workers'], json: resultFile('survival') },
  })
})

test('what is asked for', () => {
  const options = { rounds: 3, modes: ['workers'], json: 'x.json' }
  expect(parse('--rounds', '3', '--mode', 'workers', '--json', 'x.json')).toEqual({ type: 'run', options })
  expect(parse('--help')).toEqual({ type: 'help' })
})

test.each([
  [['--rounds', '0'], '--rounds: 0 is not a whole number from 1 to 1000'],
  [['--mode', 'bpf'], '--mode: there is no bpf, only kernel, workers'],
  [['--speed'], expect.stringContaining('--speed')],
])('%j: named as wrong', (args, reason) => {
  expect(parse(...args)).toEqual({ type: 'mistake', reason })
})
