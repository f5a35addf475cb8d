import { createRequire, flushCompileCache } from 'node:module'
import type { Command } from 'commander'
import type { CliEnv } from '../env.ts'
import type { Choose } from '../options.ts'

/**
 * `proxyha compile-ahead`, which the installation runs: loads all that a gateway's threads load, and starts none of it, so that the
 * compile cache that `bin/proxyha` names has it before the first start. Without it every thread of that one strips types
 * for itself, which costs 100 MB of resident memory until the next start.
 */
export function addCompileAhead(program: Command, _env: CliEnv, choose: Choose): void {
  program.command('compile-ahead', { hidden: true }).action(() => choose(compileAhead))
}

async function compileAhead(): Promise<number> {
  await import('../../gateway/gateway.ts')
  await import('../../ports/process/linux/process-end.ts')
  const { actors } = await import('../../gateway/actors.ts')
  for (const { load } of Object.values(actors)) await load()
  await import('../../../actors/forwarder/worker.ts')
  await import('../../../actors/inspector/metrics/metrics.ts')
  // Compiled before they find out that this thread is none of theirs.
  await import('../../actor-system/threads/worker-entry.ts').catch(() => undefined)
  await import('../../actor-system/threads/shared-entry.ts').catch(() => undefined)
  await import('../config-entry.ts').catch(() => undefined)
  // The pool loads its entry in this way, and the cache tells the two apart.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  createRequire(import.meta.url)(`../../actor-system/threads/worker-pool-entry.${extension}`)
  flushCompileCache()
  return 0
}
