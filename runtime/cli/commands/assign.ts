import type { Command } from 'commander'
import { lookOf, printable } from '../../terminal/look.ts'
import { type Column, formatTable } from '../../terminal/table.ts'
import type { CliEnv } from '../env.ts'
import { CliError } from '../env.ts'
import { askGateway, orderGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, clientAddress, type PrintOptions } from '../options.ts'

const HELP = `
From now on new connections of the client go to that node, as long as it takes
any: one that drains, fails or is gone gets none, and the client goes as any
other until it is back. What the client has open stays where it is. The order is
the group's: it outlives a failover, but not a stop of all gateways. At most 256
clients. To be run on the director. NODE is a node's name or management IP.
Without arguments: who is assigned.

Exit codes: 0 the order is taken, 1 refused.

Examples:
  proxyha assign 10.10.1.7 uranus
  proxyha assign
`

const UNASSIGN_HELP = `
The client goes as any other from its next connection on. To be run on the
director.

Exit codes: 0 the order is taken, 1 refused.

Example:
  proxyha unassign 10.10.1.7
`

/** As the inspector answers. */
interface Assigned {
  readonly client: string
  /** Management IP. */
  readonly node: string
  /** Null: a node that is not known. */
  readonly name: string | null
}

/** `proxyha assign CLIENT-IP NODE`: an operator decides where a client goes. */
export function addAssign(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('assign'))
    .description('send the new connections of a client to a certain node')
    .argument('[client-ip]', 'address of the client', clientAddress)
    .argument('[node]', 'name or management IP')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((client: string | undefined, node: string | undefined, options: PrintOptions) =>
      choose(() => (client === undefined ? list(options, env) : assign(client, node, options, env))),
    )
}

/** `proxyha unassign CLIENT-IP`: takes it back. */
export function addUnassign(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('unassign'))
    .description('let a client go as any other again')
    .argument('<client-ip>', 'address of the client', clientAddress)
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', UNASSIGN_HELP)
    .action((client: string, options: PrintOptions) => choose(() => unassign(client, options, env)))
}

async function assign(client: string, asked: string | undefined, options: PrintOptions, env: CliEnv): Promise<number> {
  if (asked === undefined) throw new CliError('proxyha: which node? proxyha assign CLIENT-IP NODE')
  const path = `/assign?${new URLSearchParams({ client, node: asked })}`
  const { node, name, ...order } = await orderGateway<Assigned>(options, path)
  const text = options.json
    ? JSON.stringify({ client: order.client, node, name })
    : `${order.client} is assigned to ${printable(name ?? node)} (${node})`
  env.stdout.write(`${text}\n`)
  return 0
}

async function unassign(asked: string, options: PrintOptions, env: CliEnv): Promise<number> {
  const { client } = await orderGateway<Assigned>(options, `/unassign?${new URLSearchParams({ client: asked })}`)
  env.stdout.write(`${options.json ? JSON.stringify({ client, node: null }) : `${client} goes as any other`}\n`)
  return 0
}

async function list(options: PrintOptions, env: CliEnv): Promise<number> {
  const assigned = await askGateway<readonly Assigned[]>(options, '/assigned')
  if (options.json) env.stdout.write(`${JSON.stringify(assigned, null, 2)}\n`)
  else if (assigned.length === 0) env.stdout.write('no client is assigned to a node\n')
  else env.stdout.write(`${formatTable(COLUMNS, assigned, lookOf(env)).join('\n')}\n`)
  return 0
}

const COLUMNS: readonly Column<Assigned>[] = [
  { title: 'CLIENT', text: ({ client }) => client },
  { title: 'NODE', text: ({ name }) => name ?? 'not known' },
  { title: 'ADDRESS', text: ({ node }) => node },
]
