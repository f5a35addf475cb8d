import { parseArgs } from 'node:util'
import { chosenModes, type Mode } from '../group/modes.ts'
import { isCount, type ParsedOptions, readingOptions } from '../option-reading.ts'

export interface SurvivalOptions {
  readonly rounds: number
  readonly modes: readonly Mode[]
  readonly json: string
}

/** What `--help` prints. */
export const usage = `npm run loadtest:survival -- [options]

Which connections live on when a director dies, hands over, returns, when nodes come, go and drain, and when proxyha itself is
restarted or killed: 200 downloads and 200 idle connections from 100 addresses over three nodes, in both modes. A round
of both takes some six minutes.

  --rounds N       rounds (1)
  --mode NAME      only kernel or workers
  --json FILE      where the figures go (loadtest/results/survival.json)
`

/** Reads the command line; `defaultJson` is where the figures go unless it says otherwise. */
export function parseOptions(args: readonly string[], defaultJson: string): ParsedOptions<SurvivalOptions> {
  return readingOptions(() => interpret(args, defaultJson))
}

function interpret(args: readonly string[], defaultJson: string): ParsedOptions<SurvivalOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '1' },
      mode: { type: 'string' },
      json: { type: 'string', default: defaultJson },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { type: 'help' }
  const rounds = Number(values.rounds)
  if (!isCount(rounds))
    return { type: 'mistake', reason: `--rounds: ${values.rounds} is not a whole number from 1 to 1000` }
  return { type: 'run', options: { rounds, modes: chosenModes(values.mode), json: values.json } }
}
