import { resolve } from 'node:path'
import type { Command } from 'commander'
import { loadConfigInThread } from '../config-thread.ts'
import { type CliEnv, CliError, DEFAULT_CONFIG } from '../env.ts'
import { readGatewayConfig } from '../gateway-configuration.ts'
import type { Choose } from '../options.ts'

const HELP = `
The log goes to stdout as JSON, one line an event (on a terminal for eyes), and
to the system log; as a service of systemd to the journal (logging.target).
SIGTERM or SIGINT stops the gateway in order: it gives the virtual IPs up, ends
the connections, and says goodbye to the other nodes. SIGHUP makes it read its
configuration anew, as "proxyha reload" does; the log says what came of it.

Needs CAP_NET_ADMIN and CAP_NET_RAW, and CAP_NET_BIND_SERVICE for original ports
below 1024; with CAP_SYS_NICE, or LimitRTPRIO=1 (ulimit -r 1), the election
keeps its pace whatever the load of the host. root has them all.

As a service of systemd (proxyha.service) it tells when it is ready, reloads and
stops, is kept alive by its watchdog, has its control socket in
$RUNTIME_DIRECTORY, and keeps in $STATE_DIRECTORY that its node drains.

Exit codes: 0 stopped as asked, 1 could not start, 70 gave up because a part
kept failing.

Example:
  proxyha run -c /etc/proxyha/gateway.yaml
`

/** `proxyha run`: the gateway in the foreground. */
export function addRun(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('run')
    .description('run the gateway in the foreground')
    .option('-c, --config <file>', 'configuration', DEFAULT_CONFIG)
    .option('--record <folder>', 'write down what each actor takes, for `proxyha replay`: three files of 8 MiB each')
    .addHelpText('after', HELP)
    .action((options: RunOptions) => choose(() => run(options, env)))
}

interface RunOptions {
  readonly config: string
  readonly record?: string
}

async function run({ config: path, record }: RunOptions, env: CliEnv): Promise<number> {
  const read = await readGatewayConfig(path, env.host)
  if (!read.ok) throw new CliError(...read.problems)
  const config = read.value
  try {
    const { endProcess } = await import('../../ports/process/linux/process-end.ts')
    env.waitForNothing(endProcess)
    const { startGateway } = await import('../../gateway/gateway.ts')
    const starting = startGateway(config, (running) => loadConfigInThread(path, running), {
      path,
      recordTo: record === undefined ? null : resolve(record),
    })
    // One that comes while it starts waits for that.
    env.onHangUp(() => void starting.then((gateway) => gateway.reload()).catch(() => undefined))
    const gateway = await starting
    const stop = (): void => void gateway.stop()
    if (env.interrupted.aborted) stop()
    else env.interrupted.addEventListener('abort', stop, { once: true })
    return await gateway.finished
  } catch (error) {
    throw new CliError(`the gateway cannot start: ${error instanceof Error ? error.message : String(error)}`)
  }
}
