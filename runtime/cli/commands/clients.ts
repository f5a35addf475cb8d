import type { Command } from 'commander'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import type { GatewayStatus } from '../../../actors/inspector/messages.ts'
import type { CliEnv } from '../env.ts'
import { askGateway, askGatewayForPage } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions, wholeNumber } from '../options.ts'
import { tellWhomToAsk } from '../second-hand.ts'
import { type Column, figure, formatAge, formatTable, painter } from '../table.ts'

interface ClientsOptions extends PrintOptions {
  readonly limit: number
  readonly offset: number
}

const HELP = `
WHY is "pin" where a client has connections to the node, or is remembered there; "slot" where the node owns the client's slot.
ACTIVE in kernel mode is what the nodes counted last; "-" where none of them has named the client. It is the director that
decides: another node says on stderr whom to ask.

Examples:
  proxyha clients --limit 20
  proxyha clients --json | jq 'group_by(.node) | map({node: .[0].node, clients: length})'
`

/** `proxyha clients`: the table of clients. */
export function addClients(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('clients'))
    .description('the clients that are known, and their nodes')
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, 65_536), 1000)
    .option('--offset <count>', 'without the first so many', wholeNumber(0, 999_999_999), 0)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: ClientsOptions) => choose(() => clients(options, env)))
}

async function clients(options: ClientsOptions, env: CliEnv): Promise<number> {
  const { limit, offset } = options
  const path = `/clients?limit=${limit}&offset=${offset}`
  const { value: routes, total } = await askGatewayForPage<readonly ClientRoute[]>(options, path)
  if (options.json) env.stdout.write(`${JSON.stringify(routes, null, 2)}\n`)
  else if (routes.length === 0) env.stdout.write(`no ${offset > 0 ? 'further ' : ''}client is known here\n`)
  else env.stdout.write(`${formatTable(COLUMNS, routes, painter(env)).join('\n')}\n`)
  tellWhomToAsk(await askGateway<GatewayStatus>(options, '/status'), env)
  const next = offset + routes.length
  if (next < total && routes.length > 0)
    env.stderr.write(
      `these are ${routes.length} of ${total} clients; -n asks for more, --offset ${next} for the next\n`,
    )
  return 0
}

const COLUMNS: readonly Column<ClientRoute>[] = [
  { title: 'CLIENT', text: ({ client }) => client },
  { title: 'NODE', text: ({ node }) => node ?? 'none', colour: ({ node }) => (node === null ? 'red' : undefined) },
  { title: 'WHY', text: ({ reason }) => reason },
  { title: 'SLOT', align: 'right', text: ({ slot }) => String(slot) },
  { title: 'ACTIVE', align: 'right', text: ({ activeConnections }) => figure(activeConnections) },
  { title: 'LAST SEEN', align: 'right', text: ({ idleS }) => (idleS === null ? '-' : formatAge(idleS * 1000)) },
]
