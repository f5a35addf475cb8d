import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HostProcess, startProcess } from '../../runtime/lab/processes.ts'
import { sandboxDirectory } from '../../runtime/lab/sandbox.ts'
import { gatewayYaml, keepalivedConf } from './configurations.ts'
import type { NodePlan } from './network.ts'
import type { Daemon, Pace } from './plan.ts'

const proxyha = fileURLToPath(new URL('../../bin/proxyha', import.meta.url))

/** Starts a daemon on a node, as its operator would. */
export function startDaemon(daemon: Daemon, node: NodePlan, pace: Pace, onLine: (line: string) => void): HostProcess {
  const base = `${sandboxDirectory}/${node.host}`
  switch (daemon) {
    case 'proxyha':
    case 'proxyha-kernel': {
      const forwarding = daemon === 'proxyha' ? 'workers' : 'kernel'
      writeFileSync(`${base}.yaml`, gatewayYaml(node, pace, `${base}.sock`, forwarding))
      const env = { PROXYHA_NODE: process.execPath }
      return startProcess({ host: node.host, command: proxyha, args: ['run', '-c', `${base}.yaml`], env, onLine })
    }
    case 'keepalived': {
      writeFileSync(`${base}.conf`, keepalivedConf(node, pace))
      const [pid, vrrpPid] = [`${base}.pid`, `${base}.vrrp.pid`]
      // One that was killed leaves them behind, and its child a zombie of that PID: "daemon is already running".
      for (const left of [pid, vrrpPid]) rmSync(left, { force: true })
      const args = ['-n', '-l', '-P', '-f', `${base}.conf`, '-p', pid, '-r', vrrpPid]
      return startProcess({ host: node.host, command: 'keepalived', args, onLine })
    }
    default:
      return daemon satisfies never
  }
}

/** Has the director of proxyha hand over. */
export function orderFailover({ host }: NodePlan): HostProcess {
  const env = { PROXYHA_NODE: process.execPath }
  return startProcess({ host, command: proxyha, args: ['failover', '-s', `${sandboxDirectory}/${host}.sock`], env })
}

/**
 * Signals all processes of a daemon. Children first: keepalived's parent would otherwise end its VRRP child in order, or
 * the child would notice that its parent died, and say goodbye with priority 0.
 */
export function signalAll(daemon: HostProcess, signal: 'SIGKILL' | 'SIGSTOP'): void {
  for (const pid of childrenOf(daemon.pid)) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has just ended by itself.
    }
  }
  daemon.signal(signal)
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
