import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { type HostProcess, startProgram, Tail } from '../../runtime/lab/testbed/processes.ts'
import { ip, macOf, runOn, type Topology } from '../../runtime/lab/testbed/topology.ts'
import {
  clientHost,
  director,
  group,
  topology as groupTopology,
  joining,
  originalPort,
  sources,
  virtualIp,
} from '../group/network.ts'
import type { Stage } from '../group/stage.ts'
import type { ClientReport, Measurement, Memory, Phase } from './plan.ts'

const attackerHost = 'attacker'
const attackerIp = '10.40.250.1'
const bytesPerKilobyte = 1024
/** In which everybody's loops are compiled. */
const warmUpSeconds = 5
const metricsWithinMs = 10_000

export const topology: Topology = {
  ...groupTopology,
  hosts: { ...groupTopology.hosts, [attackerHost]: [attackerIp] },
}

/** Whoever answers the whole Internet answers the attacker, who drops it: the SYN-ACKs leave as they would by a router. */
export function layRoutes(): void {
  for (const { host } of group) ip(['-n', host, 'route', 'add', 'default', 'via', attackerIp])
}

/** Clients of a group, and somebody who floods it. */
export class Attack {
  readonly #stage: Stage
  readonly #log = new Tail()
  #clients: HostProcess | undefined
  #report = Promise.withResolvers<ClientReport>()

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** Opens a connection from every source, and lets all of them run for a while. */
  async connect(): Promise<void> {
    const args = [virtualIp, `${originalPort}`, ...sources]
    const onLine = (line: string) => {
      if (line.startsWith('{')) this.#report.resolve(JSON.parse(line) as ClientReport)
      else this.#log.add(line)
    }
    this.#clients = startProgram(clientHost, new URL('./clients.ts', import.meta.url), args, { onLine })
    const { lost } = await this.#report.promise
    await pause(warmUpSeconds * 1000)
    if (lost > 0) throw new Error(`${lost} connections could not be opened: ${this.#log.last(5).join('\n')}`)
  }

  /** What the clients see meanwhile, and what the group has in memory at the end. */
  async measure(phase: Phase, seconds: number, rate: number): Promise<Measurement> {
    await this.#ask()
    const beganMs = performance.now()
    const sent = phase === 'quiet' ? await pause(seconds * 1000, 0) : await this.#flood(phase, seconds, rate)
    const report = await this.#ask()
    const took = (performance.now() - beganMs) / 1000
    const memory = await this.#memory()
    return { mode: this.#stage.mode, phase, seconds: took, synsPerSecond: sent / took, ...report, ...memory }
  }

  async hangUp(): Promise<void> {
    await this.#clients?.end()
  }

  #ask(): Promise<ClientReport> {
    this.#report = Promise.withResolvers()
    this.#clients?.send({})
    return this.#report.promise
  }

  /** The frames that left. */
  async #flood(phase: Exclude<Phase, 'quiet'>, seconds: number, rate: number): Promise<number> {
    const mac = macOf((phase === 'flood' ? director : joining).host)
    const args = [macOf(attackerHost), mac, virtualIp, originalPort, rate, seconds].map(String)
    const lines: string[] = []
    const program = new URL('./syn-flood.ts', import.meta.url)
    await startProgram(attackerHost, program, args, { onLine: (line) => lines.push(line) }).closed
    const said = lines.find((line) => line.startsWith('{'))
    if (said === undefined) throw new Error(`the flood did not end well:\n${lines.join('\n')}`)
    return (JSON.parse(said) as { sent: number }).sent
  }

  async #memory(): Promise<Memory> {
    const answer = await askGateway(socketOf(director.host), '/metrics', metricsWithinMs)
    if (answer === null) throw new Error(`${director.host} gives no metrics`)
    const pins = /^proxyha_kernel_pins\{family="IPv4"\} (\d+)$/m.exec(answer.text)?.[1]
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    return {
      residentBytes: sum(group.map((node) => residentBytes(this.#stage.pidOf(node)))),
      pins: pins === undefined ? null : Number(pins),
      tracked: sum(group.map(({ host }) => trackedConnections(host))),
    }
  }
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes ?? 0) * bytesPerKilobyte
}

/** A kernel without connection tracking has no such file. */
const trackedConnections = (host: string): number =>
  Number(runOn(host, 'sh', ['-c', 'cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null || echo 0']))
