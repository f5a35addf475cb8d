import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeepalivedPlan, keepalivedConf } from '../../../loadtest/failover/configurations.ts'
import type { Namespace, RunningProgram } from '../../namespaces.ts'

/** Starts keepalived; its files are in the folder, the PIDs as `keepalived.pid` and `vrrp.pid`. */
export function startKeepalived(host: Namespace, folder: string, plan: KeepalivedPlan): RunningProgram {
  const file = join(folder, 'keepalived.conf')
  writeFileSync(file, keepalivedConf(plan))
  const pids = ['-p', join(folder, 'keepalived.pid'), '-r', join(folder, 'vrrp.pid')]
  return host.start('keepalived', ['-n', '-l', '-P', '-f', file, ...pids])
}
