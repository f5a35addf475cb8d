import { expect, it } from 'vitest'
import { loadTest } from '../../../loadtest/flood/load-test.ts'
import { resultFile } from '../../../loadtest/load-test.ts'

const parse = (...args: string[]) => loadTest.parse(args)

it('floods both modes for a minute where nothing is said', () => {
  expect(parse()).toEqual({
    type: 'run',
    options: { seconds: 60, rate: 20_000, modes: ['kernel', 'workers'], json: resultFile('flood') },
  })
})

it('takes the mode, the time, the rate and the file that it is given', () => {
  expect(parse('--mode', 'workers', '--seconds', '5', '--rate', '1000', '--json', 'x.json')).toEqual({
    type: 'run',
    options: { seconds: 5, rate: 1000, modes: ['workers'], json: 'x.json' },
  })
})

it.each([
  [['--seconds', '0'], '--seconds: 0 is not a whole number from 1 to 1000'],
  [['--rate', '1000001'], '--rate: 1000001 is not a whole number from 1 to 1000000'],
  [['--rate', '0.5'], '--rate: 0.5 is not a whole number from 1 to 1000000'],
  [['--mode', 'none'], '--mode: there is no none, only kernel, workers'],
  [['stray'], expect.stringContaining("'stray'")],
])('takes %j for a mistake', (args, reason) => {
  expect(parse(...args)).toEqual({ type: 'mistake', reason })
})

it('prints its help when asked', () => {
  expect(parse('--help')).toEqual({ type: 'help' })
})
