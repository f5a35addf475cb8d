import type { Command } from 'commander'
import { loadConfig } from '../../../config/load.ts'
import { resolveConfig } from '../../../config/resolve.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG } from '../env.ts'
import type { Choose } from '../options.ts'

const HELP = `
Every mistake is one line on stderr: where it is, what is wrong, and what to do. Where the interface is on this host, the
addresses are checked against it too.

Exit codes: 0 right, 1 mistakes.

Example:
  proxyha check-config -c ./gateway.yaml
`

/** `proxyha check-config`: every mistake of a configuration. */
export function addCheckConfig(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('check-config')
    .description('check a configuration, and name every mistake')
    .option('-c, --config <file>', 'configuration', DEFAULT_CONFIG)
    .addHelpText('after', HELP)
    .action(({ config }: { readonly config: string }) => choose(() => checkConfig(config, env)))
}

async function checkConfig(path: string, env: CliEnv): Promise<number> {
  const loaded = loadConfig(path)
  if (!loaded.ok) throw new CliError(...loaded.problems)
  const facts = await env.host.facts(loaded.value.interface)
  if (!facts.ok) {
    env.stdout.write(`${path}: ok, but not checked against this host's addresses: ${facts.reason}\n`)
    return 0
  }
  const resolved = resolveConfig(loaded.value, facts.value)
  if (!resolved.ok) throw new CliError(...resolved.problems)
  env.stdout.write(`${path}: ok\n`)
  return 0
}
