import { type Command, Option } from 'commander'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import {
  CLIENT_ORDERS,
  type ClientOrder,
  type GatewayStatus,
  type NodeStatus,
} from '../../../actors/inspector/messages.ts'
import { titleOfAddress } from '../../terminal/group-view.ts'
import { lookOf } from '../../terminal/look.ts'
import { type Column, figure, formatAge, formatTable } from '../../terminal/table.ts'
import type { CliEnv } from '../env.ts'
import { askGateway, askGatewayForPage } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions, wholeNumber } from '../options.ts'
import { tellWhomToAsk } from '../second-hand.ts'

interface ClientsOptions extends PrintOptions {
  readonly limit: number
  readonly offset: number
  readonly node?: string
  readonly sort?: ClientOrder
}

const HELP = `
WHY is "pin" where a client has connections to the node, or is remembered there;
"slot" where the node owns the client's slot. ACTIVE in kernel mode is what the
nodes counted last; "-" where none of them has named the client. It is the
director that decides: another node says on stderr whom to ask.

--sort: by address, by node, by most connections, or by who was seen last.

Examples:
  proxyha clients --limit 20
  proxyha clients --node saturn --sort active --limit 10
  proxyha clients --json | jq -r '.[] | [.client, .node] | @tsv'
`

/** `proxyha clients`: the table of clients. */
export function addClients(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('clients'))
    .description('the clients that are known, and their nodes')
    .option('--node <node>', 'those of this node only: its name or management IP')
    .addOption(new Option('--sort <order>', 'in this order').choices(CLIENT_ORDERS))
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, 65_536), 1000)
    .option('--offset <count>', 'without the first so many', wholeNumber(0, 999_999_999), 0)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: ClientsOptions) => choose(() => clients(options, env)))
}

async function clients(options: ClientsOptions, env: CliEnv): Promise<number> {
  const { offset, json, node } = options
  const { value: routes, total } = await askGatewayForPage<readonly ClientRoute[]>(options, pathOf(options))
  const status = await askGateway<GatewayStatus>(options, '/status?all=1')
  if (json) env.stdout.write(`${JSON.stringify(routes, null, 2)}\n`)
  else if (routes.length === 0) {
    const which = node === undefined ? 'is known here' : `of ${node} is known here`
    env.stdout.write(`no ${offset > 0 ? 'further ' : ''}client ${which}\n`)
  } else env.stdout.write(`${formatTable(columnsFor(status.nodes), routes, lookOf(env)).join('\n')}\n`)
  tellWhomToAsk(status, env)
  const next = offset + routes.length
  if (next < total && routes.length > 0)
    env.stderr.write(
      `these are ${routes.length} of ${total} clients; -n asks for more, --offset ${next} for the next\n`,
    )
  return 0
}

function pathOf({ limit, offset, node, sort }: ClientsOptions): string {
  const query = new URLSearchParams({ limit: String(limit), offset: String(offset) })
  if (node !== undefined) query.set('node', node)
  if (sort !== undefined) query.set('sort', sort)
  return `/clients?${query}`
}

const columnsFor = (nodes: readonly NodeStatus[]): readonly Column<ClientRoute>[] => [
  { title: 'CLIENT', text: ({ client }) => client },
  {
    title: 'NODE',
    maxWidth: 36,
    text: ({ node }) => (node === null ? 'none' : titleOfAddress(node, nodes)),
    colour: ({ node }) => (node === null ? 'red' : undefined),
  },
  { title: 'WHY', text: ({ reason }) => reason },
  { title: 'SLOT', align: 'right', yields: 2, text: ({ slot }) => String(slot) },
  { title: 'ACTIVE', align: 'right', text: ({ activeConnections }) => figure(activeConnections) },
  {
    title: 'LAST SEEN',
    align: 'right',
    yields: 1,
    text: ({ idleS }) => (idleS === null ? '-' : formatAge(idleS * 1000)),
  },
]
