import type { Command } from 'commander'
import type { ToldStatus } from '../../../actors/inspector/messages.ts'
import { type Look, lookOf } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { pause } from '../pause.ts'
import { statusLines } from '../status-view.ts'
import { canDraw, WATCH_INTERVAL_MS, Watch } from '../watching.ts'

interface StatusOptions extends PrintOptions {
  readonly all?: boolean
  readonly watch?: boolean
}

const HELP = `
On the director all nodes are shown, on a scanning node the director and itself;
with --all every node, by the director's word: FROM says who told of it. A star
marks the node that was asked. Of several instances each has a line; ROLE is
director for a node that leads any of them.
WEIGHT is what a node's new clients are in proportion to, 0..256: with ! it is
overloaded, with + it starts slowly. STATE is draining, or maint, for a node
that gets no new connections by an operator's order; missing for one that is not
heard any more (a warning says since when; "proxyha forget" ends it); left for
one whose gateway stopped in order. ACTIVE and TOTAL are connections, SLOTS a
node's part of the 4096 slots that clients fall into.

Examples:
  proxyha status
  proxyha status --all --watch
  proxyha status --json | jq .role
`

/** `proxyha status`: the director shows all nodes, a scanning node the director and itself. */
export function addStatus(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('status'))
    .description('who is director, which nodes take part, what is wrong')
    .option('--json', 'as JSON')
    .option('-a, --all', 'every node, on a scanning node as well')
    .option('-w, --watch', 'again every second, until interrupted; with --json one line each')
    .addHelpText('after', HELP)
    .action((options: StatusOptions) => choose(() => (options.watch ? watch(options, env) : once(options, env))))
}

const askStatus = (options: StatusOptions): Promise<ToldStatus> =>
  askGateway(options, options.all === true ? '/status?all=1' : '/status')

async function once(options: StatusOptions, env: CliEnv): Promise<number> {
  const status = await askStatus(options)
  const shown = options.json
    ? JSON.stringify(status, null, 2)
    : statusLines(status, lookOf(env), env.clock.wallMs()).join('\n')
  env.stdout.write(`${shown}\n`)
  return 0
}

/** A gateway that is gone may come back: that is what somebody who watches wants to see. */
async function watch(options: StatusOptions, env: CliEnv): Promise<number> {
  const ask = () => askStatus(options)
  const view = (status: ToldStatus, look: Look, clock: string) => statusLines(status, look, env.clock.wallMs(), clock)
  if (canDraw(env) && !options.json) await new Watch(env, { ask, view }).run()
  else await repeat(ask, options, env)
  return 0
}

/** For a file or a pipe: one after the other. */
async function repeat(ask: () => Promise<ToldStatus>, { json }: StatusOptions, env: CliEnv): Promise<void> {
  while (!env.interrupted.aborted) {
    let shown: string
    try {
      const status = await ask()
      shown = json ? JSON.stringify(status) : statusLines(status, lookOf(env), env.clock.wallMs()).join('\n')
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      shown = json ? JSON.stringify({ error: error.message }) : error.message
    }
    env.stdout.write(`${shown}\n`)
    await pause(WATCH_INTERVAL_MS, env)
  }
}
