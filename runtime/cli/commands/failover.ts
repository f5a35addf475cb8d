import type { Command } from 'commander'
import type { GatewayStatus, InstanceStatus } from '../../../actors/inspector/messages.ts'
import { printable } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import { askGateway, orderGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { pause } from '../pause.ts'

interface FailoverOptions extends PrintOptions {
  readonly force?: boolean
  readonly instance?: string
}

const HELP = `
To be run on the director. It sends priority 0, and the node of the next highest
priority takes over after its skew, less than a second. The director holds the
virtual IPs until it hears that node, so that no new connection fails;
connections through it end. If nobody takes over, it goes on as director.

Of several instances all are handed over that this node leads, or the one that
is named.

Afterwards this node yields: it leaves the new director alone although its own
priority is higher. That ends, and it takes over again, when the new director
falls silent, is stopped or is ordered to fail over itself; and by a restart of
this gateway. To have it back: run "proxyha failover" on the new director.

Exit codes: 0 another node has taken over, 1 refused, or nobody did.

Examples:
  proxyha failover
  proxyha failover --force
  proxyha failover --instance web
`

const LOOK_EVERY_MS = 50

/** `proxyha failover`: the next node becomes director. */
export function addFailover(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('failover'))
    .description('hand the virtual IPs over to the next node')
    .option('-f, --force', 'although no other node is known that could take over (a keepalived, say)')
    .option('-i, --instance <name>', 'this one only, of several that this node leads')
    .option('--json', 'as JSON, a line for each instance')
    .addHelpText('after', HELP)
    .action((options: FailoverOptions) => choose(() => failover(options, env)))
}

async function failover(options: FailoverOptions, env: CliEnv): Promise<number> {
  // Asked now: what the director knows of the others it forgets when it is none any more.
  const { nodes } = await askGateway<GatewayStatus>(options, '/status')
  const { instances: ordered } = await orderGateway<Ordered>(options, `/failover?${queryOf(options)}`)
  for (;;) {
    const { instances } = await askGateway<GatewayStatus>(options, '/status')
    const asked = instances.filter(({ name }) => ordered.includes(name))
    // The gateway bounds it by its lease. Null: the elector has been restarted meanwhile, and knows of none.
    if (asked.every(({ handOver }) => handOver?.outcome !== 'underWay')) {
      const several = instances.length > 1
      const outcomes = asked.map((instance) => outcomeOf(instance, nodes, several))
      return report(outcomes, options, env)
    }
    if (env.interrupted.aborted) throw new CliError('interrupted; the hand-over goes on')
    await pause(LOOK_EVERY_MS, env)
  }
}

/** What the gateway has begun. */
interface Ordered {
  /** Names of the instances. */
  readonly instances: readonly string[]
}

function queryOf({ force, instance }: FailoverOptions): URLSearchParams {
  return new URLSearchParams({ ...(force ? { force: '1' } : {}), ...(instance === undefined ? {} : { instance }) })
}

/** How the hand-over of one instance went. */
interface Outcome {
  readonly isTaken: boolean
  readonly text: string
  /** For `--json`; of several instances with the name. */
  readonly json: object
}

function outcomeOf({ name, role, handOver }: InstanceStatus, nodes: GatewayStatus['nodes'], several: boolean): Outcome {
  const whose = several ? `${printable(name)}: ` : ''
  const json = { ...handOver, ...(several ? { instance: name } : {}) }
  if (handOver === null || handOver.outcome === 'underWay') {
    return { isTaken: false, text: `${whose}the elector was restarted meanwhile; see "proxyha status"`, json }
  }
  const ms = Math.round(handOver.afterMs)
  if (handOver.outcome === 'nobody') {
    const now = role === 'director' ? 'this node goes on as director' : 'there may be no director now'
    return { isTaken: false, text: `${whose}nobody took over within ${ms} ms: ${now}; see "proxyha status"`, json }
  }
  const node = nodes.find(({ address }) => address === handOver.by)?.name
  const who = node === undefined ? handOver.by : `${printable(node)} (${handOver.by})`
  return { isTaken: true, text: `${whose}${who} took over after ${ms} ms, with priority ${handOver.priority}`, json }
}

function report(outcomes: readonly Outcome[], { json }: FailoverOptions, env: CliEnv): number {
  for (const outcome of outcomes) {
    if (json) env.stdout.write(`${JSON.stringify(outcome.json)}\n`)
    else if (outcome.isTaken) env.stdout.write(`${outcome.text}\n`)
  }
  const failed = outcomes.filter(({ isTaken }) => !isTaken)
  if (failed.length > 0 && !json) throw new CliError(failed.map(({ text }) => text).join('\n'))
  return failed.length > 0 ? 1 : 0
}
