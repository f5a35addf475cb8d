import type { Command } from 'commander'
import type { HandOver } from '../../actors/elector/messages.ts'
import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import { type CliEnv, CliError } from './env.ts'
import { askGateway, orderGateway } from './gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from './options.ts'
import { pause } from './pause.ts'
import { printable } from './table.ts'

interface FailoverOptions extends PrintOptions {
  readonly force?: boolean
}

const HELP = `
To be run on the director. It sends priority 0, and the node of the next highest priority takes over after its skew, less
than a second. The director holds the virtual IPs until it hears that node, so that no new connection fails; connections
through it end. If nobody takes over, it goes on as director.

Afterwards this node yields: it leaves the new director alone although its own priority is higher. That ends, and it takes
over again, when the new director falls silent, is stopped or is ordered to fail over itself; and by a restart of this
gateway. To have it back: run "proxyha failover" on the new director.

Exit codes: 0 another node has taken over, 1 refused, or nobody did.

Examples:
  proxyha failover
  proxyha failover --force
`

const LOOK_EVERY_MS = 50

/** `proxyha failover`: the next node becomes director. */
export function addFailover(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('failover'))
    .description('hand the virtual IPs over to the next node')
    .option('-f, --force', 'although no other node is known that could take over (a keepalived, say)')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: FailoverOptions) => choose(() => failover(options, env)))
}

async function failover(options: FailoverOptions, env: CliEnv): Promise<number> {
  // Asked now: what the director knows of the others it forgets when it is none any more.
  const { nodes } = await askGateway<GatewayStatus>(options, '/status')
  await orderGateway(options, options.force ? '/failover?force=1' : '/failover')
  for (;;) {
    const { vrrp, role } = await askGateway<GatewayStatus>(options, '/status')
    const { handOver } = vrrp
    // The gateway bounds it by its lease. Null: the elector has been restarted meanwhile, and knows of none.
    if (handOver?.outcome !== 'underWay') return report(handOver, { nodes, role }, options, env)
    if (env.interrupted.aborted) throw new CliError('interrupted; the hand-over goes on')
    await pause(LOOK_EVERY_MS, env)
  }
}

function report(
  handOver: Exclude<HandOver, { readonly outcome: 'underWay' }> | null,
  { nodes, role }: Pick<GatewayStatus, 'nodes' | 'role'>,
  { json }: FailoverOptions,
  env: CliEnv,
): number {
  if (handOver === null) throw new CliError('the elector was restarted meanwhile; see "proxyha status"')
  const ms = Math.round(handOver.afterMs)
  if (json) env.stdout.write(`${JSON.stringify(handOver)}\n`)
  if (handOver.outcome === 'nobody') {
    const now = role === 'director' ? 'this node goes on as director' : 'there may be no director now'
    if (!json) throw new CliError(`nobody took over within ${ms} ms: ${now}; see "proxyha status"`)
    return 1
  }
  const name = nodes.find(({ address }) => address === handOver.by)?.name
  const who = name === undefined ? handOver.by : `${printable(name)} (${handOver.by})`
  if (!json) env.stdout.write(`${who} took over after ${ms} ms, with priority ${handOver.priority}\n`)
  return 0
}
