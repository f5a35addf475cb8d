import { parseArgs } from 'node:util'
import { isCount, type ParsedOptions, readingOptions } from '../option-reading.ts'
import { type Scenario, scenarios } from './scenarios.ts'

export interface LoadtestOptions {
  readonly rounds: number
  /** Seconds of one run. */
  readonly seconds: number
  readonly scenarios: readonly Scenario[]
  /** File for all that was measured. */
  readonly json: string
  readonly baseline: string
  /** Give the director a core of its own, and count what that does. */
  readonly directorCore: boolean
  /** Compare with the baseline, and fail when a ratio dropped. */
  readonly check: boolean
  /** Write the baseline anew. */
  readonly updateBaseline: boolean
}

/** What `--help` prints. */
export const usage = `npm run loadtest -- [options]

Measures the way through proxyha beside going straight, HAProxy and nginx (those that are installed),
in network namespaces of this machine, in rounds in which each has its turn.

  --rounds N         rounds (5)
  --seconds N        seconds of each run (5)
  --quick            one round of two seconds
  --scenario NAME    only this scenario; may be given again: ${scenarios.map(({ name }) => name).join(', ')}
  --director-core    everything in the middle runs on a core of its own: CPU is what that core does, softirqs
                     included, so that kernel mode has a figure too
  --json FILE        where the figures go (loadtest/results/latest.json)
  --check            compare proxyha's ratios with the baseline; exit 1 when one dropped below its tolerance
  --baseline FILE    the baseline (loadtest/bench/baseline.json)
  --update-baseline  write the baseline anew from this run
`

const quick = { rounds: 1, seconds: 2 } as const
const thorough = { rounds: 5, seconds: 5 } as const

/** Reads the command line; `defaults` are the files that are used where none are named. */
export function parseOptions(
  args: readonly string[],
  defaults: Pick<LoadtestOptions, 'json' | 'baseline'>,
): ParsedOptions<LoadtestOptions> {
  return readingOptions(() => interpret(read(args), defaults))
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true },
      json: { type: 'string' },
      baseline: { type: 'string' },
      'director-core': { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      'update-baseline': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values
}

function interpret(
  values: ReturnType<typeof read>,
  defaults: Pick<LoadtestOptions, 'json' | 'baseline'>,
): ParsedOptions<LoadtestOptions> {
  if (values.help) return { type: 'help' }
  const preset = values.quick ? quick : thorough
  const rounds = Number(values.rounds ?? preset.rounds)
  const seconds = Number(values.seconds ?? preset.seconds)
  if (!isCount(rounds))
    return { type: 'mistake', reason: `--rounds: ${values.rounds} is not a whole number from 1 to 1000` }
  if (!isCount(seconds))
    return { type: 'mistake', reason: `--seconds: ${values.seconds} is not a whole number from 1 to 1000` }
  const unknown = values.scenario?.find((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown !== undefined) return { type: 'mistake', reason: `--scenario: there is no scenario ${unknown}` }
  if (values['director-core'] && (values.check || values['update-baseline']))
    return { type: 'mistake', reason: '--director-core: the baseline is of a director that has all cores' }
  const options = {
    rounds,
    seconds,
    scenarios: scenarios.filter(({ name }) => values.scenario?.includes(name) ?? true),
    json: values.json ?? defaults.json,
    baseline: values.baseline ?? defaults.baseline,
    directorCore: values['director-core'],
    check: values.check,
    updateBaseline: values['update-baseline'],
  }
  return { type: 'run', options }
}
