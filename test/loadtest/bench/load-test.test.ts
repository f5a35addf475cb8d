import { describe, expect, it } from 'vitest'
import { loadTest } from '../../../loadtest/bench/load-test.ts'
import { scenarios } from '../../../loadtest/bench/scenarios.ts'
import { resultFile } from '../../../loadtest/load-test.ts'

const parse = (...args: string[]) => loadTest.parse(args)

describe('the command line', () => {
  it('runs five rounds of every scenario where nothing is said', () => {
    expect(parse()).toEqual({
      type: 'run',
      options: {
        rounds: 5,
        seconds: 5,
        scenarios,
        directorCore: false,
        check: false,
        updateBaseline: false,
        json: resultFile('latest'),
        baseline: expect.stringMatching(/loadtest\/bench\/baseline\.json$/),
      },
    })
  })

  it('is quick when asked, but for what is said', () => {
    expect(parse('--quick', '--seconds', '1')).toMatchObject({ options: { rounds: 1, seconds: 1 } })
  })

  it('takes several scenarios, in their own order', () => {
    const parsed = parse('--scenario', 'downloads', '--scenario', 'keep-alive')
    expect(parsed.type === 'run' && parsed.options.scenarios.map(({ name }) => name)).toEqual([
      'keep-alive',
      'downloads',
    ])
  })

  it.each([
    [['--rounds', '0'], '--rounds: 0 is not a whole number from 1 to 1000'],
    [['--seconds', 'many'], '--seconds: many is not a whole number from 1 to 1000'],
    [['--seconds', '1.5'], '--seconds: 1.5 is not a whole number from 1 to 1000'],
    [['--scenario', 'naught'], '--scenario: there is no scenario naught'],
    [['--director-core', '--check'], '--director-core: the baseline is of a director that has all cores'],
    [['--unknown'], expect.stringContaining("'--unknown'")],
    [['stray'], expect.stringContaining("'stray'")],
  ])('takes %j for a mistake', (args, reason) => {
    expect(parse(...args)).toEqual({ type: 'mistake', reason })
  })

  it('prints its help when asked', () => {
    expect(parse('--help')).toEqual({ type: 'help' })
  })
})
