import { parseArgs } from 'node:util'
import { type ParsedOptions, readingOptions } from '../option-reading.ts'
import { type Scenario, threeHours } from './scenario.ts'

export interface SimulateOptions {
  readonly scenario: Scenario
  readonly json: string
  /** Where the plot goes; null = no plot. */
  readonly svg: string | null
}

/** What `--help` prints. */
export const usage = `npm run loadtest:simulate -- [options]

How evenly, and with how much moving of clients, proxyha's balancing and five references spread the same simulated clients
over nodes of unequal size that join, die and get busy: three hours in seconds, the same figures for the same options.

  --clients N      clients (${threeHours.clients})
  --rate N         new connections a second (${threeHours.connectionsPerS})
  --exponent X     of the Zipf law of their activity, 0 = all alike (${threeHours.exponent})
  --seed N         of everything that is drawn (${threeHours.seed})
  --json FILE      where the figures go (loadtest/results/simulate.json)
  --svg FILE       draw the plot, too
`

/** What a number may be. */
const ranges = {
  clients: { least: 1, most: 10_000_000, isWhole: true },
  rate: { least: 1, most: 5000, isWhole: true },
  exponent: { least: 0, most: 2, isWhole: false },
  seed: { least: 0, most: 2 ** 32 - 1, isWhole: true },
} as const

/** Reads the command line; `defaultJson` is where the figures go unless it says otherwise. */
export function parseOptions(args: readonly string[], defaultJson: string): ParsedOptions<SimulateOptions> {
  return readingOptions(() => interpret(read(args), defaultJson))
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      clients: { type: 'string', default: `${threeHours.clients}` },
      rate: { type: 'string', default: `${threeHours.connectionsPerS}` },
      exponent: { type: 'string', default: `${threeHours.exponent}` },
      seed: { type: 'string', default: `${threeHours.seed}` },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values
}

function interpret(values: ReturnType<typeof read>, defaultJson: string): ParsedOptions<SimulateOptions> {
  if (values.help) return { type: 'help' }
  for (const option of ['clients', 'rate', 'exponent', 'seed'] as const) {
    const { least, most, isWhole } = ranges[option]
    const value = Number(values[option])
    if (values[option] !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value))) continue
    return {
      type: 'mistake',
      reason: `--${option}: ${values[option]} is not a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
    }
  }
  const scenario = {
    ...threeHours,
    clients: Number(values.clients),
    connectionsPerS: Number(values.rate),
    exponent: Number(values.exponent),
    seed: Number(values.seed),
  }
  return { type: 'run', options: { scenario, json: values.json ?? defaultJson, svg: values.svg ?? null } }
}
