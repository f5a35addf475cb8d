import type { Command } from 'commander'
import type { CliEnv } from '../env.ts'
import type { Choose } from '../options.ts'

const HELP = `
Everything happens in network namespaces of its own, without root where user
namespaces are allowed, and nothing is left behind. Shows who is director, each
node's share and the requests per second; then stops a proxy, starts it again,
kills the director and brings it back, and prints a timeline with the gaps that
clients saw.

Examples:
  proxyha lab            live, until Ctrl-C
  proxyha lab --once     the tour once; exits 1 if a step did not happen
  proxyha lab --squid    with real squids beside the gateways
`

/** `proxyha lab`: a group to look at. */
export function addLab(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('lab')
    .description('a group on this machine to look at: watch a failover')
    .option('--once', 'take the tour once and exit by its result', false)
    .option('--squid', 'real squids instead of the proxies that are built in', false)
    .addHelpText('after', HELP)
    .action(({ once, squid }: { readonly once: boolean; readonly squid: boolean }) =>
      choose(async () => {
        const { runLab } = await import('../../lab/lab.ts')
        return runLab({ once, squid, env })
      }),
    )
}
