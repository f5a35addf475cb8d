import { Worker } from 'node:worker_threads'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { Checked } from '../../config/problems.ts'
import { workerEnvironment } from '../actor-system/threads/worker-environment.ts'

/** What the thread is told at its birth. */
export interface ConfigBirth {
  readonly path: string
  /** Virtual IPs of the gateway that runs. */
  readonly held: readonly string[]
  /** Its management IP. */
  readonly goesBy: string
}

/** A file system that does not answer must not hold the next reload up for ever. */
const PATIENCE_MS = 15_000

// Compiled, this file and the entry are .js.
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './config-entry.ts' : './config-entry.js', import.meta.url)

/**
 * Reads the configuration of the gateway that runs anew, on a thread that lives for this only: parsing takes up to 20 ms of a
 * core, longer than adverts of 10 ms may wait for the main thread. Never rejects.
 */
export function loadConfigInThread(path: string, running: GatewayConfig): Promise<Checked<GatewayConfig>> {
  const birth: ConfigBirth = {
    path,
    held: running.virtualIps.map(({ address }) => address),
    goesBy: running.managementIp,
  }
  const worker = new Worker(ENTRY, { name: 'config', workerData: birth, env: workerEnvironment() })
  return new Promise((resolve) => {
    const end = (checked: Checked<GatewayConfig>): void => {
      clearTimeout(timer)
      resolve(checked)
      void worker.terminate()
    }
    const fail = (reason: string): void => end({ ok: false, problems: [`${path}: cannot be read: ${reason}`] })
    const timer = setTimeout(() => fail(`it took longer than ${PATIENCE_MS / 1000} s`), PATIENCE_MS)
    worker.once('message', end)
    worker.once('error', (error) => fail(error instanceof Error ? error.message : String(error)))
    worker.once('exit', () => fail('its thread ended'))
  })
}
