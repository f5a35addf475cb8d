import type { Command } from 'commander'
import type { ReloadReport } from '../../../actors/inspector/messages.ts'
import { type CliEnv, CliError } from '../env.ts'
import { orderGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

interface ReloadOptions extends PrintOptions {
  readonly check?: boolean
}

const HELP = `
The gateway reads the file that it was started with, and goes by it from then
on: virtual IPs stay where they are, connections live on. What changed is
printed, a line each. It is all or nothing: where the file has mistakes, or
changes something that needs another start of the gateway, each such setting is
named and nothing changes. SIGHUP does the same and logs the outcome.

Redirects and virtual IPs are changed on every node, one after the other: what
is added on the director last, what is removed on it first. Of a redirect that
is removed nothing new begins; what is open goes on in kernel mode, and is reset
in workers mode. What came by a virtual IP that is removed is reset.

To change what needs a start on a director: "proxyha failover", then restart
this gateway.

Exit codes: 0 applied or nothing to do (--check: could be applied), 1 refused.

Examples:
  proxyha reload --check
  proxyha reload
`

/** The gateway itself gives up after 20 s. */
const ANSWER_MS = 30_000

/** `proxyha reload`: the running gateway goes by its changed configuration. */
export function addReload(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('reload'))
    .description('apply a changed configuration while running, or refuse it')
    .option('--check', 'only say what would change, or why it cannot')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: ReloadOptions) => choose(() => reload(options, env)))
}

async function reload(options: ReloadOptions, env: CliEnv): Promise<number> {
  const path = options.check ? '/reload?check=1' : '/reload'
  const report = await orderGateway<ReloadReport>(options, path, { withinMs: ANSWER_MS, takesRefusal: true })
  const { outcome, changes, problems } = report
  if (options.json) {
    env.stdout.write(`${JSON.stringify(report)}\n`)
    return outcome === 'refused' ? 1 : 0
  }
  if (outcome === 'refused') throw new CliError(...problems, 'nothing was changed')
  const lines = changes.map(({ path, before, after }) => `${path}: ${before} -> ${after}`)
  if (outcome === 'unchanged') lines.push('nothing has changed')
  for (const line of lines) env.stdout.write(`${line}\n`)
  for (const problem of problems) env.stderr.write(`${problem}\n`)
  return 0
}
