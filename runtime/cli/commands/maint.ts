import { type Command, Option } from 'commander'
import type { CliEnv } from '../env.ts'
import { confirmed, durationOption, leftText, orderNode, report, titleOf, untilDrained } from '../node-orders.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

interface MaintenanceOptions extends PrintOptions {
  /** Milliseconds. */
  readonly timeout: number
}

const HELP = `
NODE is a node's name or management IP. To be run on the director, or on the
node itself.

A node in maintenance gets no new connection, of no client, as with "proxyha
drain"; what is still open after the timeout is reset, so that the clients know.
It is in maintenance until "proxyha undrain", also when the director changes and
when its gateway is started anew. The last nodes that work go on serving, and
nothing of theirs is reset: that is told, and exit code 1.

Ctrl-C ends the waiting, not the maintenance.

Exit codes: 0 no connection is left, 1 refused, some are left, or it goes on
serving.

Examples:
  proxyha maint mars
  proxyha maint 10.10.74.71 --timeout 0s
`

/** What is reset is gone after one count of the node's and one beacon, which is 10 s later at most. */
const COUNTED_WITHIN_MS = 60_000

/** `proxyha maint NODE`: no new connections, and what is open is reset after a while. */
export function addMaint(program: Command, env: CliEnv, choose: Choose): void {
  const timeout = new Option('-t, --timeout <duration>', 'reset what is open after so long')
  addGatewayOptions(program.command('maint'))
    .description('give a node no new connections, and reset what stays open')
    .argument('<node>', 'name or management IP')
    .addOption(timeout.default(30_000, '30s').argParser(durationOption(0)))
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', HELP)
    .action((node: string, options: MaintenanceOptions) => choose(() => maintain(node, options, env)))
}

async function maintain(asked: string, options: MaintenanceOptions, env: CliEnv): Promise<number> {
  const address = await orderNode('maint', options, { node: asked, timeoutMs: String(options.timeout) })
  const untilMs = env.clock.nowMs() + options.timeout + COUNTED_WITHIN_MS
  const taken = await confirmed(options, env, address, ({ maint }) => maint)
  const title = titleOf(taken.node)
  const interruption = `${title} stays in maintenance, until "proxyha undrain ${asked}"`
  const { node, outcome } = await untilDrained(taken, options, env, { untilMs, interruption })
  const texts = {
    drained: `${title} is in maintenance: no connection is left`,
    unfinished: `${title} is in maintenance, but not without connections: ${leftText(node)}; see "proxyha status"`,
    lastResort: `${title} goes on serving: no other node takes new connections; its maintenance begins as soon as one does`,
  }
  return report(node, texts[outcome], outcome === 'drained', options, env)
}
