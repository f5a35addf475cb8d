import { describe, expect, it } from 'vitest'
import { scenarios } from '../../loadtest/bench/scenarios.ts'
import { faults, loads, paces } from '../../loadtest/failover/plan.ts'
import { loadTestOf, resultFile } from '../../loadtest/load-test.ts'
import { parts } from '../../loadtest/maintenance/plan.ts'
import { threeHours } from '../../loadtest/simulate/scenario.ts'

const both = ['kernel', 'workers']

/** What each does where nothing is said. */
const ordinary: Readonly<Record<string, object>> = {
  bench: {
    rounds: 5,
    seconds: 5,
    scenarios,
    directorCore: false,
    check: false,
    updateBaseline: false,
    json: resultFile('latest'),
    baseline: expect.stringMatching(/loadtest\/bench\/baseline\.json$/),
  },
  failover: {
    rounds: 10,
    quietMinutes: null,
    faults,
    paces,
    loads,
    json: resultFile('failover'),
    svg: null,
    from: null,
  },
  flood: { seconds: 60, rate: 20_000, modes: both, json: resultFile('flood') },
  maintenance: { minutes: 10, modes: both, parts, json: resultFile('maintenance') },
  simulate: { scenario: threeHours, json: resultFile('simulate'), svg: null },
  survival: { rounds: 1, modes: both, json: resultFile('survival') },
}

describe.each(Object.keys(ordinary))('the command line of %s', async (name) => {
  const { parse, usage } = await loadTestOf(name)

  it('says nothing: all of it, into its own file', () => {
    expect(parse([])).toEqual({ type: 'run', options: ordinary[name] })
  })

  it('asks for help, or for what there is not', () => {
    expect(parse(['--help'])).toEqual({ type: 'help' })
    expect(usage).toContain('--json FILE')
    for (const word of ['--unknown', 'stray'])
      expect(parse([word])).toEqual({ type: 'mistake', reason: expect.stringContaining(`'${word}'`) })
  })
})

const paceAt = (index: number) => [paces[index]]

it.each<[command: string, options: object]>([
  ['bench --quick --seconds 1', { rounds: 1, seconds: 1 }],
  [
    'bench --scenario downloads --scenario keep-alive',
    { scenarios: scenarios.filter(({ name }) => name === 'keep-alive' || name === 'downloads') },
  ],
  [
    'failover --fault stop --fault power-off --pace v3-10ms --load busy',
    { faults: [{ name: 'power-off' }, { name: 'stop' }], paces: paceAt(3), loads: ['busy'] },
  ],
  ['failover --from a.json --from b.json --svg gaps.svg', { from: ['a.json', 'b.json'], svg: 'gaps.svg' }],
  [
    'failover --quiet-run --minutes 2',
    { quietMinutes: 2, loads: ['busy'], paces: paces.slice(2), json: resultFile('failover-quiet') },
  ],
  ['failover --quiet-run --pace v2-1s --load idle', { paces: paceAt(0), loads: ['idle'] }],
  [
    'flood --mode workers --seconds 5 --rate 1000 --json x.json',
    { seconds: 5, rate: 1000, modes: ['workers'], json: 'x.json' },
  ],
  [
    'maintenance --minutes 0.5 --mode workers --only drain,quiet --json x.json',
    { minutes: 0.5, modes: ['workers'], parts: ['quiet', 'drain'], json: 'x.json' },
  ],
  [
    'simulate --clients 500 --rate 20 --exponent 0 --seed 9 --json a --svg b',
    {
      scenario: { ...threeHours, clients: 500, connectionsPerS: 20, exponent: 0, seed: 9 },
      json: 'a',
      svg: 'b',
    },
  ],
  ['survival --rounds 3 --mode workers --json x.json', { rounds: 3, modes: ['workers'], json: 'x.json' }],
])('%s', async (command, options) => {
  const [name = '', ...args] = command.split(' ')
  expect((await loadTestOf(name)).parse(args)).toMatchObject({ type: 'run', options })
})

it.each([
  ['bench --rounds 0', '--rounds: 0 is not a whole number from 1 to 1000'],
  ['bench --seconds many', '--seconds: many is not a whole number from 1 to 1000'],
  ['bench --seconds 1.5', '--seconds: 1.5 is not a whole number from 1 to 1000'],
  ['bench --scenario naught', '--scenario: there is no scenario naught'],
  ['bench --director-core --check', '--director-core: the baseline is of a director that has all cores'],
  ['failover --rounds 0', '--rounds: 0 is not a whole number from 1 to 1000'],
  ['failover --minutes 1.5', '--minutes: 1.5 is not a whole number from 1 to 1000'],
  ['failover --fault naught', expect.stringContaining('--fault: there is no naught, only power-off')],
  ['failover --pace v4', expect.stringContaining('--pace: there is no v4')],
  ['failover --load half', '--load: there is no half, only idle, busy'],
  ['flood --seconds 0', '--seconds: 0 is not a whole number from 1 to 1000'],
  ['flood --rate 1000001', '--rate: 1000001 is not a whole number from 1 to 1000000'],
  ['flood --rate 0.5', '--rate: 0.5 is not a whole number from 1 to 1000000'],
  ['flood --mode none', '--mode: there is no none, only kernel, workers'],
  ['maintenance --minutes 0', '--minutes: 0 is not a number above 0, up to 1000'],
  ['maintenance --minutes ten', '--minutes: ten is not a number above 0, up to 1000'],
  ['maintenance --mode bpf', '--mode: there is no bpf, only kernel, workers'],
  ['maintenance --only drain,fire', '--only: there is no fire, only quiet, restart, drain, failover, proxy'],
  ['simulate --clients 0', '--clients: 0 is not a whole number from 1 to 10000000'],
  ['simulate --clients 1.5', '--clients: 1.5 is not a whole number from 1 to 10000000'],
  ['simulate --rate fast', '--rate: fast is not a whole number from 1 to 5000'],
  ['simulate --exponent 2.1', '--exponent: 2.1 is not a number from 0 to 2'],
  ['simulate --exponent ', '--exponent:  is not a number from 0 to 2'],
  ['simulate --seed=-1', '--seed: -1 is not a whole number from 0 to 4294967295'],
  ['survival --rounds 0', '--rounds: 0 is not a whole number from 1 to 1000'],
  ['survival --mode bpf', '--mode: there is no bpf, only kernel, workers'],
])('%s: named as wrong', async (command, reason) => {
  const [name = '', ...args] = command.split(' ')
  expect((await loadTestOf(name)).parse(args)).toEqual({ type: 'mistake', reason })
})
