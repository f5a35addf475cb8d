import { parseArgs } from 'node:util'
import { chosenModes, type Mode } from '../group/modes.ts'
import { isCount, type Mistake, type ParsedOptions, readingOptions } from '../option-reading.ts'

export interface FloodOptions {
  /** Of the flood; what it is compared with takes a sixth of it. */
  readonly seconds: number
  /** SYNs a second. */
  readonly rate: number
  readonly modes: readonly Mode[]
  readonly json: string
}

/** What `--help` prints. */
export const usage = `npm run loadtest:flood -- [options]

What a flood of SYNs from random addresses at the virtual IP costs the clients of a group of three: over connections that are open,
and with new ones; and what it leaves in memory. In both modes, each beside no flood, and beside the same flood at a
host that drops it, since the sender takes its share of this machine.

  --seconds N      seconds of the flood (60)
  --rate N         SYNs a second (20000)
  --mode NAME      only kernel or workers
  --json FILE      where the figures go (loadtest/results/flood.json)
`

const RATE_MAX = 1_000_000

/** Reads the command line; `defaultJson` is where the figures go unless it says otherwise. */
export function parseOptions(args: readonly string[], defaultJson: string): ParsedOptions<FloodOptions> {
  return readingOptions(() => interpret(args, defaultJson))
}

function interpret(args: readonly string[], defaultJson: string): ParsedOptions<FloodOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '20000' },
      mode: { type: 'string' },
      json: { type: 'string', default: defaultJson },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { type: 'help' }
  const [seconds, rate] = [Number(values.seconds), Number(values.rate)]
  if (!isCount(seconds)) return mistake(`--seconds: ${values.seconds} is not a whole number from 1 to 1000`)
  if (!Number.isInteger(rate) || rate < 1 || rate > RATE_MAX)
    return mistake(`--rate: ${values.rate} is not a whole number from 1 to ${RATE_MAX}`)
  return { type: 'run', options: { seconds, rate, modes: chosenModes(values.mode), json: values.json } }
}

function mistake(reason: string): Mistake {
  return { type: 'mistake', reason }
}
