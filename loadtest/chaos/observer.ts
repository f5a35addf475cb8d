/** Looks at the group and its clients all the time, and keeps what it saw until somebody takes it. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { DoctorReport, GatewayStatus } from '../../actors/inspector/messages.ts'
import { type HostProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { programPath } from '../../runtime/lab/testbed/sandbox.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { clientHost, originalPort, sources, topology, virtualIp } from '../group/network.ts'
import type { ElementsSeen, HoldersSeen, OwnAdvert, Usage, VerdictSeen } from './observations.ts'
import { run, type Scene } from './scene.ts'
import { KEEPING, KEPT } from './traffic/amounts.ts'
import type { FreshFailure, Loss, Move, TrafficReport, Used } from './traffic/report.ts'
import { countElements, usageOfProcess } from './usage.ts'
import type { AdvertSeen } from './witness.ts'

const HOLDERS_EVERY_MS = 250
const VERDICT_EVERY_MS = 1000
const ANSWER_MS = 2500
const USED_WITHIN_MS = 20_000

/** Since it was taken last. */
export interface Seen {
  readonly holders: readonly HoldersSeen[]
  readonly adverts: readonly OwnAdvert[]
  readonly verdicts: readonly VerdictSeen[]
  readonly usages: readonly Usage[]
  readonly losses: readonly Loss[]
  readonly failures: readonly FreshFailure[]
  readonly moves: readonly Move[]
  readonly answered: number
}

const nothing = () => ({
  holders: [] as HoldersSeen[],
  adverts: [] as OwnAdvert[],
  verdicts: [] as VerdictSeen[],
  usages: [] as Usage[],
  losses: [] as Loss[],
  failures: [] as FreshFailure[],
  moves: [] as Move[],
  answered: 0,
})

export class Observer {
  readonly #scene: Scene
  readonly #client: HostProcess
  readonly #stopping: (() => void)[] = []
  #seen = nothing()
  #isStopped = false
  #open = 0
  #lastHolders: readonly string[] = []
  #used = Promise.withResolvers<Used>()

  constructor(scene: Scene) {
    this.#scene = scene
    const args = [virtualIp, `${originalPort}`, `${KEEPING}`, ...sources]
    this.#client = startProgram(clientHost, new URL('./traffic/client.ts', import.meta.url), args, {
      onMessage: (report: TrafficReport) => this.#clientSaid(report),
      onLine: (line) => scene.stage.note(`client: ${line}`),
    })
    this.#watchAdverts()
    this.#watchHolders()
    for (const node of scene.nodes) void this.#watchVerdicts(node.host)
  }

  /** Kept connections that are open. */
  get open(): number {
    return this.#open
  }

  /** What has come since it was asked last. */
  take(): Seen {
    const seen = this.#seen
    this.#seen = nothing()
    return seen
  }

  /** So many kept connections are to be open at rest. */
  readonly openAtRest = KEPT

  /** The latest that the doctor of a node said, since it was taken. */
  lastVerdict(host: string): VerdictSeen | undefined {
    return this.#seen.verdicts.findLast((verdict) => verdict.host === host)
  }

  /** Who had the virtual IP when the kernels were asked last. */
  lastHolders(): readonly string[] {
    return this.#lastHolders
  }

  /** Uses every kept connection once; those that do not answer are lost. @throws Error where the client does not say so */
  async use(): Promise<Used> {
    this.#used = Promise.withResolvers<Used>()
    this.#client.send({})
    const late = pause(USED_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error('the client does not answer')
    })
    return Promise.race([this.#used.promise, late])
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const stop of this.#stopping) stop()
    await this.#client.end()
  }

  #clientSaid({ open, answered, losses, failures, moves, used }: TrafficReport): void {
    this.#open = open
    this.#seen.answered += answered
    this.#seen.losses.push(...losses)
    this.#seen.failures.push(...failures)
    this.#seen.moves.push(...moves)
    if (used !== null) this.#used.resolve(used)
  }

  /** On the bridge, which is in our own namespace. */
  #watchAdverts(): void {
    const program = programPath(new URL('./witness.ts', import.meta.url))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, topology.bridge], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child.on('message', (message) => {
      const { mac, ...advert } = message as AdvertSeen
      const host = this.#scene.hostOfMac.get(mac)
      if (host !== undefined) this.#seen.adverts.push({ ...advert, host })
    })
    this.#stopping.push(() => child.kill('SIGKILL'))
  }

  /** One shell asks all kernels: a line for each question. */
  #watchHolders(): void {
    const hosts = this.#scene.nodes.map(({ host }) => host)
    const asks = hosts.map(
      (host) => `ip -n ${host} -o addr show dev eth0 to ${virtualIp} 2>&- | grep -q . && printf '%s ' ${host}`,
    )
    const shell = spawn('sh', ['-c', `while read -r _; do ${asks.join('; ')}; echo; done`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    createInterface({ input: shell.stdout }).on('line', (line) => {
      this.#lastHolders = line.split(' ').filter(Boolean)
      this.#seen.holders.push({ atMs: monotonicMs(), hosts: this.#lastHolders })
    })
    const asking = setInterval(() => shell.stdin.write('\n'), HOLDERS_EVERY_MS)
    shell.stdin.on('error', () => {})
    this.#stopping.push(() => {
      clearInterval(asking)
      shell.kill('SIGKILL')
    })
  }

  async #watchVerdicts(host: string): Promise<void> {
    while (!this.#isStopped) {
      const [report, status] = await Promise.all([
        this.#scene.get<DoctorReport>({ host }, '/doctor', ANSWER_MS),
        this.#scene.get<GatewayStatus>({ host }, '/status', ANSWER_MS),
      ])
      const findings = report?.findings.map(({ code, level, text }) => ({ code, level, text })) ?? null
      this.#seen.verdicts.push({ atMs: monotonicMs(), host, findings, role: status?.role ?? null })
      const usage = this.usageOf(host)
      if (usage !== undefined) this.#seen.usages.push(usage)
      await pause(VERDICT_EVERY_MS)
    }
  }

  /** Undefined where no gateway runs. */
  usageOf(host: string): Usage | undefined {
    const node = this.#scene.nodes.find((one) => one.host === host)
    if (node === undefined || !this.#scene.isRunning(node)) return undefined
    const { pid } = this.#scene.stage.gatewayOf(node)
    try {
      return { atMs: monotonicMs(), host, pid, ...usageOfProcess(pid) }
    } catch {
      // It has ended meanwhile.
      return undefined
    }
  }

  /** Of all sets and maps of proxyha's tables; in workers mode there are few. */
  async elements(): Promise<readonly ElementsSeen[]> {
    return Promise.all(
      this.#scene.nodes.map(async ({ host }) => ({
        host,
        elements: countElements(await run(host, 'nft', ['-j', 'list', 'ruleset'])),
      })),
    )
  }
}
