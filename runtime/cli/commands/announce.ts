import type { Command } from 'commander'
import type { CliEnv } from '../env.ts'
import { orderGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

const HELP = `
To be run on the director, when a client or router on the subnet has missed
which node holds the virtual IPs. The frames are sent as after a takeover: a
burst at once, and again a little later.

Example:
  proxyha announce
`

/** `proxyha announce`: gratuitous ARP for the virtual IPs, once more. */
export function addAnnounce(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('announce'))
    .description('send gratuitous ARP for the virtual IPs again')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: PrintOptions) => choose(() => announce(options, env)))
}

async function announce(options: PrintOptions, env: CliEnv): Promise<number> {
  const announced = await orderGateway<{ readonly addresses: readonly string[] }>(options, '/announce')
  const text = options.json ? JSON.stringify(announced) : `announced ${announced.addresses.join(', ')}`
  env.stdout.write(`${text}\n`)
  return 0
}
