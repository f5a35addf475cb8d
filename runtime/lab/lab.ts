import { listenForPages } from './pages.ts'
import { gateways } from './plan.ts'
import { isInstalled, runInSandbox } from './testbed/sandbox.ts'

export interface LabOptions {
  /** Gives the tour once and ends by its result, instead of staying live. */
  readonly once: boolean
  /** Real squids beside the gateways instead of the embedded proxies. */
  readonly squid: boolean
  readonly env: { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream }
}

/**
 * Three gateways, their proxies and 200 clients in network namespaces of this machine, which are gone when this
 * resolves, with the exit code: 0, or 1 when a step of the tour did not happen or the lab cannot run here (stderr says
 * why and what helps), or 130 when a tour with `once` was interrupted.
 */
export async function runLab({ once, squid, env }: LabOptions): Promise<number> {
  if (squid && !isInstalled('squid', '-v')) {
    env.stderr.write('--squid needs squid. On Debian and Ubuntu: sudo apt-get install squid\n')
    return 1
  }
  const args = [...(once ? ['--once'] : []), ...(squid ? ['--squid'] : [])]
  return runInSandbox({
    program: new URL('./inside.ts', import.meta.url),
    args,
    stdout: env.stdout,
    stderr: env.stderr,
    listeners: await listenForPages(gateways.map(({ host }) => host)),
  })
}
