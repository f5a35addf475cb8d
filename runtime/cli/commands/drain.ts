import { type Command, Option } from 'commander'
import { type CliEnv, CliError } from '../env.ts'
import { confirmed, durationOption, leftText, orderNode, report, titleOf, untilDrained } from '../node-orders.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

interface DrainOptions extends PrintOptions {
  /** Milliseconds. */
  readonly timeout: number
}

const DRAIN_HELP = `
NODE is a node's name or management IP. To be run on the director, or on the
node itself.

A node that drains gets no new connection, of no client; those that are open go
on until they end by themselves. It stays in the group, and director if it is
that. It drains until "proxyha undrain", also when the director changes and when
its gateway is started anew. The last nodes that work go on serving although
they drain: that is told, and exit code 1.

Ctrl-C ends the waiting, not the draining. To end what is open as well:
"proxyha maint".

Exit codes: 0 drained, 1 refused, not drained within the timeout, or it goes on
serving.

Examples:
  proxyha drain mars
  proxyha drain 10.10.74.71 --timeout 30m
`

const UNDRAIN_HELP = `
NODE is a node's name or management IP. To be run on the director, or on the
node itself. It ends "proxyha drain" and "proxyha maint": the node gets its
share of new clients again, slowly at first (balancing.slowStart).

Exit codes: 0 it drains no more, 1 refused.

Example:
  proxyha undrain mars
`

/** `proxyha drain NODE`: no new connections, and a word when the last is gone. */
export function addDrain(program: Command, env: CliEnv, choose: Choose): void {
  const timeout = new Option('-t, --timeout <duration>', 'wait so long')
  addGatewayOptions(program.command('drain'))
    .description('give a node no new connections, and wait until it has none')
    .argument('<node>', 'name or management IP')
    .addOption(timeout.default(300_000, '5m').argParser(durationOption(1)))
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', DRAIN_HELP)
    .action((node: string, options: DrainOptions) => choose(() => drain(node, options, env)))
}

/** `proxyha undrain NODE`: the end of it. */
export function addUndrain(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('undrain'))
    .description('give a node new connections again')
    .argument('<node>', 'name or management IP')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', UNDRAIN_HELP)
    .action((node: string, options: PrintOptions) => choose(() => undrain(node, options, env)))
}

async function drain(asked: string, options: DrainOptions, env: CliEnv): Promise<number> {
  const address = await orderNode('drain', options, { node: asked })
  const untilMs = env.clock.nowMs() + options.timeout
  const taken = await confirmed(options, env, address, ({ state, maint }) => state !== 'ok' && !maint)
  const title = titleOf(taken.node)
  if (taken.node.state !== 'draining')
    throw new CliError(`${title} is ${taken.node.state}: it gets no clients as it is, and drains when it is ok`)
  const interruption = `${title} goes on draining, until "proxyha undrain ${asked}"`
  const { node, outcome } = await untilDrained(taken, options, env, { untilMs, interruption })
  const texts = {
    drained: `${title} is drained`,
    unfinished: `${title} is not drained: ${leftText(node)}; it goes on draining`,
    lastResort: `${title} goes on serving: no other node takes new connections; it drains as soon as one does`,
  }
  return report(node, texts[outcome], outcome === 'drained', options, env)
}

async function undrain(asked: string, options: PrintOptions, env: CliEnv): Promise<number> {
  const address = await orderNode('undrain', options, { node: asked })
  const { node } = await confirmed(options, env, address, ({ state, maint }) => state !== 'draining' && !maint)
  const text = options.json ? JSON.stringify(node) : `${titleOf(node)} drains no more: it is ${node.state}`
  env.stdout.write(`${text}\n`)
  return 0
}
