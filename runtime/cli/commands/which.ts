import { isIP } from 'node:net'
import { type Command, InvalidArgumentError } from 'commander'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import type { GatewayStatus } from '../../../actors/inspector/messages.ts'
import type { CliEnv } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { tellWhomToAsk } from '../second-hand.ts'
import { formatAge, printable } from '../table.ts'

const HELP = `
A client goes to the node that owns its slot, one of 4096 by its address; as long as it has connections to another node, it
is pinned to that. Ask the director: it is the one that decides, and says why the node has its weight. Another node says on
stderr whom to ask.

Example:
  proxyha which 10.10.74.201
`

/** `proxyha which CLIENT-IP`: where a client goes, and why. */
export function addWhich(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('which'))
    .description('the node that a client sticks to, and why')
    .argument('<client-ip>', 'address of the client', clientAddress)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((client: string, options: PrintOptions) => choose(() => which(client, options, env)))
}

async function which(client: string, options: PrintOptions, env: CliEnv): Promise<number> {
  const route = await askGateway<ClientRoute>(options, `/which?client=${encodeURIComponent(client)}`)
  const status = await askGateway<GatewayStatus>(options, '/status')
  tellWhomToAsk(status, env)
  if (options.json) {
    env.stdout.write(`${JSON.stringify(route)}\n`)
    return 0
  }
  const node = status.nodes.find(({ address }) => address === route.node)
  const weight = node?.weightReason ? [printable(`${node.name} has weight ${node.weight}: ${node.weightReason}`)] : []
  env.stdout.write(`${[describeRoute(route), ...weight].join('\n')}\n`)
  return 0
}

function describeRoute({ client, node, reason, slot, activeConnections, idleS, sinceMs }: ClientRoute): string {
  if (node === null) return `${client} -> nowhere: no node can take connections (slot ${slot})`
  // In kernel mode the nodes count them now and then, and name those that have most.
  const by = activeConnections === null || activeConnections === 0 ? '' : ` by ${activeConnections} active connections`
  const since = sinceMs === null ? '' : ` for ${formatAge(sinceMs)}`
  const why = reason === 'pin' ? `pinned${by}${since}; slot ${slot}` : `owner of slot ${slot}${since}`
  return `${client} -> ${node} (${why}; ${idleS === null ? 'not seen yet' : `last seen ${formatAge(idleS * 1000)} ago`})`
}

function clientAddress(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) throw new InvalidArgumentError('It must be an IP address.')
  return text
}
