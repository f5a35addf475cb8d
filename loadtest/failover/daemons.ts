import { rmSync, writeFileSync } from 'node:fs'
import { type NodePlan, socketOf, startGateway, startProxyha } from '../../runtime/lab/testbed/gateway.ts'
import { type HostProcess, startProcess } from '../../runtime/lab/testbed/processes.ts'
import { sandboxDirectory } from '../../runtime/lab/testbed/sandbox.ts'
import { childrenOf } from '../cpu-time.ts'
import { groupPlan, keepalivedConf, keepalivedPlan } from './configurations.ts'
import type { Daemon, Pace } from './plan.ts'

/** Starts a daemon on a node, as its operator would. */
export function startDaemon(daemon: Daemon, node: NodePlan, pace: Pace, onLine: (line: string) => void): HostProcess {
  switch (daemon) {
    case 'proxyha':
      return startGateway(node, groupPlan(pace, 'workers'), onLine)
    case 'proxyha-kernel':
      return startGateway(node, groupPlan(pace, 'kernel'), onLine)
    case 'keepalived': {
      const base = `${sandboxDirectory}/${node.host}`
      writeFileSync(`${base}.conf`, keepalivedConf(keepalivedPlan(pace, node)))
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
export const orderFailover = ({ host }: NodePlan): HostProcess => startProxyha(host, ['failover', '-s', socketOf(host)])

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
