import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { socketOf, startGateway } from '../../runtime/lab/testbed/gateway.ts'
import { isComplete, readStatus } from '../../runtime/lab/testbed/gateway-status.ts'
import { type HostProcess, startProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { sandboxDirectory } from '../../runtime/lab/testbed/sandbox.ts'
import { buildTopology, setHostParameter } from '../../runtime/lab/testbed/topology.ts'
import { until } from '../../runtime/lab/testbed/until.ts'
import { cpuSeconds } from '../cpu-time.ts'
import { groupPlan, haproxyConf, nginxBackendConf, nginxStreamConf } from './configurations.ts'
import { nginxStreamModule, versionOf } from './installed.ts'
import { layKernelWay } from './kernel-way.ts'
import * as network from './network.ts'
import { layRouterWay } from './router-way.ts'
import type { Way } from './scenarios.ts'

/** A way that is up: where the client connects, and the process whose CPU time counts. */
export interface RunningWay {
  readonly way: Way
  readonly url: string
  readonly process: HostProcess | null
  readonly log: Tail
}

/** Used by its process so far, in all; undefined where there is none in the middle. */
export const cpuSecondsOfProcess = ({ process: middle }: RunningWay): number | undefined =>
  middle === null ? undefined : cpuSeconds(middle.pid)

const formWithinMs = 20_000
const pollMs = 100
/** What a balancer that refuses its configuration needs to say so and end. */
const settleMs = 500

/**
 * Builds the network, starts the backends and every way that is installed. All of them stay up, and idle, in turn. `threads`: of every
 * way that has any.
 */
export async function startBench(note: (line: string) => void, threads: number): Promise<readonly RunningWay[]> {
  buildTopology(network.topology)
  freeClientPorts()
  startBackends(note)
  const straight: RunningWay = {
    way: 'straight',
    url: urlOf(network.backendIps[0], network.backendPort),
    process: null,
    log: new Tail(),
  }
  layRouterWay()
  const router: RunningWay = { ...straight, way: 'router', url: urlOf(network.routedIp, network.backendPort) }
  const streamConf = nginxStreamConf(threads, sandboxDirectory, nginxStreamModule())
  const others = [
    ...balancer('haproxy', network.haproxyPort, note, (onLine) => startHaproxy(threads, onLine)),
    ...balancer('nginx', network.nginxPort, note, (onLine) =>
      startNginx(network.directorHost, 'stream', streamConf, onLine),
    ),
  ]
  const own = [await startGroup(threads), ...kernelWay(note)]
  await pause(settleMs)
  const up = others.filter(({ way, process, log }) => {
    if (!process?.running) note(`${way} is left out, it ended: ${log.last(1).join('')}`)
    return process?.running
  })
  return [straight, router, ...own, ...up]
}

/**
 * One client that opens 10,000 connections a second runs out of ports in seconds, since those that it closes first stay
 * in TIME_WAIT for a minute; from then on it measures the kernel's search for a free port. A thousand clients would not.
 */
function freeClientPorts(): void {
  setHostParameter(network.clientHost, 'ipv4/ip_local_port_range', '1024 65535')
  setHostParameter(network.clientHost, 'ipv4/tcp_max_tw_buckets', '100')
}

function startBackends(note: (line: string) => void): void {
  const installed = versionOf('nginx', '-v') !== undefined
  if (!installed) note('nginx is not installed: the backends are node servers, which take more CPU from the others')
  writeFileSync(`${sandboxDirectory}/1m`, Buffer.alloc(1_000_000, 'x'))
  for (const host of network.backendHosts) {
    if (installed) startNginx(host, host, nginxBackendConf(availableParallelism(), sandboxDirectory, host))
    else startProgram(host, new URL('./node-backend.ts', import.meta.url), [`${network.backendPort}`])
  }
}

/**
 * The group under test: three gateways, of which the two backends serve. The director has no proxy beside it, so it is
 * in failure as a node and only hands connections on: what is measured is the way through it.
 */
async function startGroup(threads: number): Promise<RunningWay> {
  const log = new Tail()
  const [director] = network.nodes.map((node) => startGateway(node, groupPlan(threads), log.add))
  const said = () => `the group did not form:\n${log.last(20).join('\n')}`
  await until(
    async () => {
      if (!director?.running) throw new Error(said())
      return isComplete(await readStatus(socketOf(network.directorHost)), network.backendHosts)
    },
    formWithinMs,
    said,
    pollMs,
  )
  return { way: 'proxyha', url: urlOf(network.virtualIp, network.proxyhaPort), process: director ?? null, log }
}

function kernelWay(note: (line: string) => void): readonly RunningWay[] {
  if (versionOf('nft', '--version') === undefined) {
    note('nft is not installed: there is no kernel mode')
    return []
  }
  layKernelWay()
  return [{ way: 'kernel', url: urlOf(network.kernelVirtualIp, network.proxyhaPort), process: null, log: new Tail() }]
}

function startHaproxy(threads: number, onLine: (line: string) => void): HostProcess {
  const file = `${sandboxDirectory}/haproxy.cfg`
  writeFileSync(file, haproxyConf(threads))
  return startProcess({ host: network.directorHost, command: 'haproxy', args: ['-db', '-f', file], onLine })
}

/** A balancer on the director's host, where it is installed. */
function balancer(
  way: 'haproxy' | 'nginx',
  port: number,
  note: (line: string) => void,
  start: (onLine: (line: string) => void) => HostProcess,
): readonly RunningWay[] {
  if (versionOf(way, '-v') === undefined) {
    note(`${way} is not installed: there is no ratio to it`)
    return []
  }
  const log = new Tail()
  return [{ way, url: urlOf(network.directorIp, port), process: start(log.add), log }]
}

function startNginx(host: string, name: string, conf: string, onLine = (_line: string) => {}): HostProcess {
  const file = `${sandboxDirectory}/${name}.conf`
  writeFileSync(file, conf)
  return startProcess({ host, command: 'nginx', args: ['-e', 'stderr', '-c', file], onLine })
}

function urlOf(ip: string, port: number): string {
  return `http://${ip}:${port}`
}
