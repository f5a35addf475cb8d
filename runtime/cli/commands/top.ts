import { type Command, Option } from 'commander'
import type { ActorDescription, ToldStatus } from '../../../actors/inspector/messages.ts'
import { isQuit, readKeys } from '../../terminal/keys.ts'
import { lookOf } from '../../terminal/look.ts'
import { formatClock } from '../../terminal/time.ts'
import type { CliEnv } from '../env.ts'
import { askGateway, type GatewayChoice } from '../gateway-client.ts'
import { addGatewayOptions, type Choose } from '../options.ts'
import { pause } from '../pause.ts'
import { type ActorOrder, nextOrder, ORDERS, type Sample, topLines } from '../top-view.ts'
import { canDraw, WATCH_INTERVAL_MS, Watch } from '../watching.ts'

interface TopOptions extends GatewayChoice {
  readonly once?: boolean
  readonly sort: ActorOrder
}

const HELP = `
The nodes as in "proxyha status --all", and the actors of the gateway that is
asked: MSG/S messages handled a second, MAILBOX those under way to it, P50 and
P99 how long it takes to handle one, LOST those that met a full mailbox.

Keys: s another order of the actors, q the end.

Without a terminal, or with --once, one picture of a second.

Examples:
  proxyha top
  proxyha top --once --sort mailbox
`

/** `proxyha top`: nodes and actors, live. */
export function addTop(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('top'))
    .description('nodes and actors, live')
    .addOption(new Option('--sort <order>', 'of the actors').choices(ORDERS).default('rate'))
    .option('--once', 'one picture, and the end')
    .addHelpText('after', HELP)
    .action((options: TopOptions) =>
      choose(() => (options.once || !canDraw(env) ? once(options, env) : live(options, env))),
    )
}

async function sample(options: TopOptions, env: CliEnv): Promise<Sample> {
  const [status, actors] = await Promise.all([
    askGateway<ToldStatus>(options, '/status?all=1'),
    askGateway<readonly ActorDescription[]>(options, '/actors'),
  ])
  return { status, actors, atMs: env.clock.nowMs() }
}

async function once(options: TopOptions, env: CliEnv): Promise<number> {
  const before = await sample(options, env)
  await pause(WATCH_INTERVAL_MS, env)
  const wallMs = env.clock.wallMs()
  const lines = topLines(await sample(options, env), before, options.sort, lookOf(env), wallMs, formatClock(wallMs))
  env.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

async function live(options: TopOptions, env: CliEnv): Promise<number> {
  let order = options.sort
  let last: Sample | null = null
  const watch = new Watch<{ readonly now: Sample; readonly before: Sample | null }>(env, {
    ask: async () => {
      const before = last
      last = await sample(options, env)
      return { now: last, before }
    },
    view: ({ now, before }, look, clock) =>
      topLines(now, before, order, look, env.clock.wallMs(), `s: by ${order}  q: quit  ${clock}`),
  })
  const quit = new AbortController()
  const release = readKeys(env.stdin, (key) => {
    if (isQuit(key)) quit.abort()
    if (key !== 's') return
    order = nextOrder(order)
    watch.redraw()
  })
  try {
    await watch.run(AbortSignal.any([env.interrupted, quit.signal]))
  } finally {
    release()
  }
  return 0
}
