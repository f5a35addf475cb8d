import { parseArgs } from 'node:util'
import { chosenModes, type Mode } from '../group/modes.ts'
import { type Mistake, type ParsedOptions, readingOptions } from '../option-reading.ts'
import { type Part, parts } from './plan.ts'

export interface MaintenanceOptions {
  /** Of each mode; an event takes as long as it needs, at least. */
  readonly minutes: number
  readonly modes: readonly Mode[]
  readonly parts: readonly Part[]
  readonly json: string
}

const minutesMax = 1000

/** What `--help` prints. */
export const usage = `npm run loadtest:maintenance -- [options]

What clients notice of maintenance: gateways stopped in order and started one by one, nodes drained, ordered failovers and returns, proxies
stopped and started. A group of three, 40 clients, each with a download, idle connections, and a new connection
every 50 ms, in both modes. Exit code 1 where they notice anything.

  --mode NAME      only kernel or workers
  --minutes N      minutes of each mode (10); with few, an event still takes as long as it needs
  --only PARTS     of ${parts.join(',')}
  --json FILE      where the figures go (loadtest/results/maintenance.json)
`

/** Reads the command line; `defaultJson` is where the figures go unless it says otherwise. */
export function parseOptions(args: readonly string[], defaultJson: string): ParsedOptions<MaintenanceOptions> {
  return readingOptions(() => interpret(args, defaultJson))
}

function interpret(args: readonly string[], defaultJson: string): ParsedOptions<MaintenanceOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mode: { type: 'string' },
      minutes: { type: 'string', default: '10' },
      only: { type: 'string', default: parts.join(',') },
      json: { type: 'string', default: defaultJson },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { type: 'help' }
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= minutesMax))
    return mistake(`--minutes: ${values.minutes} is not a number above 0, up to ${minutesMax}`)
  const names = values.only.split(',')
  const unknown = names.find((name) => !parts.some((part) => part === name))
  if (unknown !== undefined) return mistake(`--only: there is no ${unknown}, only ${parts.join(', ')}`)
  const chosen = parts.filter((part) => names.includes(part))
  return { type: 'run', options: { minutes, modes: chosenModes(values.mode), parts: chosen, json: values.json } }
}

function mistake(reason: string): Mistake {
  return { type: 'mistake', reason }
}
