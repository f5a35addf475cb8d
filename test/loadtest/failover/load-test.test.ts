import { describe, expect, it } from 'vitest'
import { loadTest } from '../../../loadtest/failover/load-test.ts'
import { faults, loads, paces } from '../../../loadtest/failover/plan.ts'
import { resultFile } from '../../../loadtest/load-test.ts'

const parse = (...args: string[]) => loadTest.parse(args)

describe('the command line', () => {
  it('measures ten rounds of everything where nothing is said', () => {
    expect(parse()).toEqual({
      type: 'run',
      options: {
        rounds: 10,
        quietMinutes: null,
        faults,
        paces,
        loads,
        json: resultFile('failover'),
        svg: null,
        from: null,
      },
    })
  })

  it('takes several faults, in their own order, and one pace and load', () => {
    const parsed = parse('--fault', 'stop', '--fault', 'power-off', '--pace', 'v3-10ms', '--load', 'busy')
    expect(parsed).toMatchObject({
      options: { faults: [{ name: 'power-off' }, { name: 'stop' }], paces: [{ name: 'v3-10ms' }], loads: ['busy'] },
    })
  })

  it('measures nothing where it is given the figures of earlier runs', () => {
    expect(parse('--from', 'a.json', '--from', 'b.json', '--svg', 'gaps.svg')).toMatchObject({
      type: 'run',
      options: { from: ['a.json', 'b.json'], json: resultFile('failover'), svg: 'gaps.svg' },
    })
  })

  it('is left alone busy and at short intervals, into a file of its own', () => {
    expect(parse('--quiet-run', '--minutes', '2')).toMatchObject({
      options: {
        quietMinutes: 2,
        loads: ['busy'],
        paces: [{ name: 'v3-100ms' }, { name: 'v3-10ms' }],
        json: resultFile('failover-quiet'),
      },
    })
  })

  it('is left alone as it is told, too', () => {
    expect(parse('--quiet-run', '--pace', 'v2-1s', '--load', 'idle')).toMatchObject({
      options: { paces: [{ name: 'v2-1s' }], loads: ['idle'] },
    })
  })

  it.each([
    [['--rounds', '0'], '--rounds: 0 is not a whole number from 1 to 1000'],
    [['--minutes', '1.5'], '--minutes: 1.5 is not a whole number from 1 to 1000'],
    [['--fault', 'naught'], expect.stringContaining('--fault: there is no naught, only power-off')],
    [['--pace', 'v4'], expect.stringContaining('--pace: there is no v4')],
    [['--load', 'half'], '--load: there is no half, only idle, busy'],
    [['--unknown'], expect.stringContaining("'--unknown'")],
  ])('takes %j for a mistake', (args, reason) => {
    expect(parse(...args)).toEqual({ type: 'mistake', reason })
  })

  it('prints its help when asked', () => {
    expect(parse('--help')).toEqual({ type: 'help' })
  })
})
