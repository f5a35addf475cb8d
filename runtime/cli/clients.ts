import type { Command } from 'commander'
import type { ClientRoute } from '../../actors/dispatcher/messages.ts'
import type { CliEnv } from './env.ts'
import { askGateway } from './gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions, wholeNumber } from './options.ts'
import { type Column, formatAge, formatTable, painter } from './table.ts'

interface ClientsOptions extends PrintOptions {
  readonly limit: number
}

const HELP = `
WHY is "pin" where a client has connections to the node, "slot" where the node owns the client's slot.

Examples:
  proxyha clients --limit 20
  proxyha clients --json | jq 'group_by(.node) | map({node: .[0].node, clients: length})'
`

/** `proxyha clients`: the table of clients. */
export function addClients(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('clients'))
    .description('the clients that are known, and their nodes')
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, 65_536), 1000)
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: ClientsOptions) => choose(() => clients(options, env)))
}

async function clients(options: ClientsOptions, env: CliEnv): Promise<number> {
  const routes = await askGateway<readonly ClientRoute[]>(options, `/clients?limit=${options.limit}`)
  if (options.json) env.stdout.write(`${JSON.stringify(routes, null, 2)}\n`)
  else if (routes.length === 0) env.stdout.write('no client is known here\n')
  else env.stdout.write(`${formatTable(COLUMNS, routes, painter(env)).join('\n')}\n`)
  if (routes.length === options.limit)
    env.stderr.write(`there may be more: these are the first ${options.limit}; -n asks for more\n`)
  return 0
}

const COLUMNS: readonly Column<ClientRoute>[] = [
  { title: 'CLIENT', text: ({ client }) => client },
  { title: 'NODE', text: ({ node }) => node ?? 'none', colour: ({ node }) => (node === null ? 'red' : undefined) },
  { title: 'WHY', text: ({ reason }) => reason },
  { title: 'SLOT', align: 'right', text: ({ slot }) => String(slot) },
  { title: 'ACTIVE', align: 'right', text: ({ activeConnections }) => String(activeConnections) },
  { title: 'LAST SEEN', align: 'right', text: ({ idleS }) => (idleS === null ? '-' : formatAge(idleS * 1000)) },
]
