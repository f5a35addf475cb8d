import type { Command } from 'commander'
import type { GatewayStatus } from '../../../actors/inspector/messages.ts'
import { checkPorts, proxyPortsOf } from '../../../actors/port-monitor/port-check.ts'
import { colourOfState, painter, printable } from '../../terminal/look.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG } from '../env.ts'
import { askGateway, type GatewayChoice } from '../gateway-client.ts'
import { addHostOptions, type Choose } from '../options.ts'
import { readConfig } from '../read-config.ts'

interface CheckOptions extends GatewayChoice {
  readonly verbose?: boolean
  readonly json?: boolean
}

type MonitorCheck = GatewayStatus['monitor']

const HELP = `
All proxy ports are checked as a whole: if one of them is not listened on, or on
single addresses only, the node takes no traffic at all. The proxy must listen
on 0.0.0.0 or ::. No gateway needs to run for this.

Exit codes: 0 all listen, 1 failure or bad input.

Examples:
  proxyha check -v
  proxyha check --json -c ./gateway.yaml
`

/** `proxyha check`: what the port monitor sees. */
export function addCheck(program: Command, env: CliEnv, choose: Choose): void {
  const command = program
    .command('check')
    .description('are all proxy ports listened on, as they must be?')
    .option('-c, --config <file>', `configuration (default: ${DEFAULT_CONFIG})`)
    .option('-s, --socket <path>', 'ask the gateway with this control socket instead')
  addHostOptions(command, ['socket', 'config'])
    .option('-v, --verbose', 'name each port and what is wrong with it')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: CheckOptions) => choose(() => check(options, env)))
}

async function check(options: CheckOptions, env: CliEnv): Promise<number> {
  const { config, ...asked } = options
  const monitor =
    asked.socket === undefined && asked.host === undefined
      ? await checkHere(config ?? DEFAULT_CONFIG, env)
      : (await askGateway<GatewayStatus>(asked, '/status')).monitor
  env.stdout.write(options.json ? `${JSON.stringify(monitor, null, 2)}\n` : format(monitor, options, env))
  return monitor.state === 'ok' ? 0 : 1
}

/** The check, without a gateway. @throws CliError with each mistake of the configuration, or where the kernel does not tell. */
export async function checkHere(path: string, env: CliEnv): Promise<MonitorCheck> {
  const loaded = await readConfig(path)
  if (!loaded.ok) throw new CliError(...loaded.problems)
  const opened = await env.host.openSocketTable()
  if (!opened.ok) throw new CliError(`the listening ports cannot be read: ${opened.reason}`)
  try {
    const listeners = opened.value.listeners()
    if (!listeners.ok) throw new CliError(`the listening ports cannot be read: ${listeners.reason}`)
    const watched = loaded.value.redirects.flatMap(({ proxyPort }) => (proxyPort === undefined ? [] : [{ proxyPort }]))
    const ports = checkPorts(proxyPortsOf(watched), listeners.value)
    return { state: ports.every(({ problem }) => problem === null) ? 'ok' : 'failure', ports }
  } finally {
    opened.value.close()
  }
}

function format(monitor: MonitorCheck, { verbose }: CheckOptions, env: CliEnv): string {
  const paint = painter(env)
  const bad = monitor.ports.filter(({ problem }) => problem !== null).length
  const hint = verbose || bad === 0 ? '' : ` (${bad} of ${monitor.ports.length} ports; -v names them)`
  const lines = [`monitor: ${paint(monitor.state, colourOfState(monitor.state))}${hint}`]
  for (const { port, problem } of verbose ? monitor.ports : []) {
    lines.push(`port ${port} ${problem === null ? paint('is listening', 'green') : paint(printable(problem), 'red')}`)
  }
  return `${lines.join('\n')}\n`
}
