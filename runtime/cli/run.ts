import type { Command } from 'commander'
import { isStaleSocket } from '../../actors/inspector/control-socket.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { loadConfig } from '../../config/load.ts'
import { resolveConfig } from '../../config/resolve.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG } from './env.ts'
import type { Choose } from './options.ts'

const HELP = `
The log goes to stdout as JSON, one line an event, and to the system log. SIGTERM or SIGINT stops the gateway in order: it
gives the virtual IPs up, ends the connections, and says goodbye to the other nodes.

Needs CAP_NET_ADMIN and CAP_NET_RAW, and CAP_NET_BIND_SERVICE for original ports below 1024; with
CAP_SYS_NICE the election keeps its pace whatever the load of the host. root has them all.

Exit codes: 0 stopped as asked, 1 could not start, 70 gave up because a part kept failing.

Example:
  proxyha run -c /etc/proxyha/gateway.yaml
`

/** `proxyha run`: the gateway in the foreground. */
export function addRun(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('run')
    .description('run the gateway in the foreground')
    .option('-c, --config <file>', 'configuration', DEFAULT_CONFIG)
    .addHelpText('after', HELP)
    .action((options: { readonly config: string }) => choose(() => run(options.config, env)))
}

async function run(path: string, env: CliEnv): Promise<number> {
  const config = await readConfig(path, env)
  try {
    // Throws where another gateway runs: beside it, this one would take its virtual IPs for left behind.
    await isStaleSocket(config.control.socketPath)
    const { startGateway } = await import('../gateway.ts')
    const gateway = await startGateway(config)
    const stop = (): void => void gateway.stop()
    if (env.interrupted.aborted) stop()
    else env.interrupted.addEventListener('abort', stop, { once: true })
    return await gateway.finished
  } catch (error) {
    throw new CliError(`the gateway cannot start: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function readConfig(path: string, env: CliEnv): Promise<GatewayConfig> {
  const loaded = loadConfig(path)
  if (!loaded.ok) throw new CliError(...loaded.problems)
  const facts = await env.host.facts(loaded.value.interface)
  if (!facts.ok) throw new CliError(`interface: ${facts.reason}; "ip link" lists those that there are`)
  const resolved = resolveConfig(loaded.value, facts.value)
  if (!resolved.ok) throw new CliError(...resolved.problems)
  return resolved.value
}
