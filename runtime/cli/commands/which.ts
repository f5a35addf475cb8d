import type { Command } from 'commander'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import type { GatewayStatus } from '../../../actors/inspector/messages.ts'
import { titleOfAddress } from '../../terminal/group-view.ts'
import { fold, lookOf, printable } from '../../terminal/look.ts'
import { formatAge } from '../../terminal/table.ts'
import type { CliEnv } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, clientAddress, type PrintOptions } from '../options.ts'
import { tellWhomToAsk } from '../second-hand.ts'

const HELP = `
A client goes to the node that owns its slot, one of 4096 by its address; as
long as it has connections to another node, it is pinned to that. Ask the
director: it is the one that decides, and says why the node has its weight.
Another node says on stderr whom to ask.

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
  const status = await askGateway<GatewayStatus>(options, '/status?all=1')
  tellWhomToAsk(status, env)
  if (options.json) {
    env.stdout.write(`${JSON.stringify(route)}\n`)
    return 0
  }
  const node = status.nodes.find(({ address }) => address === route.node)
  const weight = node?.weightReason ? [printable(`${node.name} has weight ${node.weight}: ${node.weightReason}`)] : []
  const { columns } = lookOf(env)
  const lines = [describeRoute(route, status.nodes), ...weight].flatMap((line) => fold(line, columns, 2))
  env.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

function describeRoute(
  { client, node, reason, slot, activeConnections, idleS, sinceMs }: ClientRoute,
  nodes: GatewayStatus['nodes'],
): string {
  if (node === null) return `${client} -> nowhere: no node can take connections (slot ${slot})`
  // In kernel mode the nodes count them now and then, and name those that have most.
  const by = activeConnections === null || activeConnections === 0 ? '' : ` by ${activeConnections} active connections`
  const since = sinceMs === null ? '' : ` for ${formatAge(sinceMs)}`
  const why =
    reason === 'tied'
      ? `assigned to it by order; slot ${slot}`
      : reason === 'pin'
        ? `pinned${by}${since}; slot ${slot}`
        : `owner of slot ${slot}${since}`
  const seen = idleS === null ? 'not seen yet' : `last seen ${formatAge(idleS * 1000)} ago`
  return `${client} -> ${titleOfAddress(node, nodes)}: ${why}; ${seen}`
}
