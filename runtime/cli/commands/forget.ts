import type { Command } from 'commander'
import { printable } from '../../terminal/look.ts'
import type { CliEnv } from '../env.ts'
import { orderGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

const HELP = `
NODE is a node's name or management IP. To be run on the director.

A node that is not heard any more stays in "proxyha status" as missing, with a
warning, until it is back, also when the director changes. One that is not to
come back is forgotten by this: by all nodes of the group. A node that is heard
is not forgotten; should a forgotten one start again, it is a node of the group
as any new one.

Exit codes: 0 it is forgotten, 1 refused.

Example:
  proxyha forget mars
`

/** `proxyha forget NODE`: nobody misses it any more. */
export function addForget(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('forget'))
    .description('miss a node no more that is gone for good')
    .argument('<node>', 'name or management IP')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', HELP)
    .action((node: string, options: PrintOptions) => choose(() => forget(node, options, env)))
}

async function forget(asked: string, options: PrintOptions, env: CliEnv): Promise<number> {
  const path = `/forget?${new URLSearchParams({ node: asked })}`
  const { node, address } = await orderGateway<{ readonly node: string; readonly address: string }>(options, path)
  const text = options.json ? JSON.stringify({ node, address }) : `${printable(node)} (${address}) is forgotten`
  env.stdout.write(`${text}\n`)
  return 0
}
