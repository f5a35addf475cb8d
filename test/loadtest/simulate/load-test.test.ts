import { describe, expect, it } from 'vitest'
import { resultFile } from '../../../loadtest/load-test.ts'
import { loadTest } from '../../../loadtest/simulate/load-test.ts'
import { threeHours } from '../../../loadtest/simulate/scenario.ts'

const parse = (...args: readonly string[]) => loadTest.parse(args)

describe('the command line', () => {
  it('runs the three hours with 10^6 clients unless it says otherwise', () => {
    expect(parse()).toEqual({ type: 'run', options: { scenario: threeHours, json: resultFile('simulate'), svg: null } })
    expect(threeHours.clients).toBe(1_000_000)
  })

  it('takes other figures and files', () => {
    const parsed = parse(
      '--clients',
      '500',
      '--rate',
      '20',
      '--exponent',
      '0',
      '--seed',
      '9',
      '--json',
      'a',
      '--svg',
      'b',
    )
    const scenario = { ...threeHours, clients: 500, connectionsPerS: 20, exponent: 0, seed: 9 }
    expect(parsed).toEqual({ type: 'run', options: { scenario, json: 'a', svg: 'b' } })
  })

  it.each([
    ['--clients', '0'],
    ['--clients', '1.5'],
    ['--rate', 'fast'],
    ['--exponent', '2.1'],
    ['--exponent', ''],
    ['--seed=-1'],
    ['--colour'],
  ])('names the mistake in %s %s', (...args) => {
    const parsed = parse(...args)
    expect(parsed).toMatchObject({ type: 'mistake', reason: expect.stringContaining(args[0]!.split('=')[0]!) })
  })

  it('explains itself', () => {
    expect(parse('--help')).toEqual({ type: 'help' })
    for (const option of ['--clients', '--rate', '--exponent', '--seed', '--json', '--svg'])
      expect(loadTest.usage).toContain(option)
  })
})
