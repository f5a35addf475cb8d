import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnnouncerStatus } from '../../../actors/announcer/messages.ts'
import type { DiscoveryStatus, MemberStatus, NodeFigures } from '../../../actors/discovery/messages.ts'
import type { ClientRoute, ClientsPart, DispatcherStatus } from '../../../actors/dispatcher/messages.ts'
import type { ElectorStatus, VrrpStatus } from '../../../actors/elector/messages.ts'
import { type InspectorOptions, startInspector } from '../../../actors/inspector/actor.ts'
import type { ActorDescription } from '../../../actors/inspector/messages.ts'
import type { InstanceIdentity } from '../../../actors/inspector/status.ts'
import type { PortMonitorStatus } from '../../../actors/port-monitor/messages.ts'
import type { RawIpStatus } from '../../../actors/raw-ip/messages.ts'
import type { StatsReporterStatus } from '../../../actors/stats-reporter/messages.ts'
import type { WatcherStatus } from '../../../actors/watcher/messages.ts'
import type { ActorContext, ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { emptyHistogram } from '../../../runtime/actor-system/inspection/histogram.ts'
import type { InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts'
import { LostLines } from '../../../runtime/actor-system/inspection/lost-lines.ts'
import { warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { readVersion } from '../../../runtime/gateway/version.ts'
import { linuxJournalFile } from '../../../runtime/ports/process/linux/journal-file.ts'
import { privately } from '../../../runtime/ports/process/linux/umask.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { SeededRandom } from '../../fakes/random.ts'

export const memberOf = (address: string, change: Partial<MemberStatus> = {}): MemberStatus => ({
  address,
  name: `node-${address.split('.').at(-1)}`,
  mac: '02:00:00:00:00:01',
  self: false,
  director: false,
  health: 'ok',
  lastSeenMs: 40,
  source: change.self === true ? 'self' : 'beacon',
  traffic: null,
  cpu: 0.25,
  memory: 0.5,
  pressure: 0.01,
  activeConnections: 3,
  capacity: 100,
  agent: null,
  failedPorts: [],
  drained: false,
  maint: 'off',
  forwarding: 'workers',
  left: false,
  key: 'current',
  missingSince: null,
  ...change,
})

/** What the elector says of its virtual router. */
export const vrrp: VrrpStatus = {
  state: 'MASTER',
  stateForMs: 60_000,
  version: 2,
  virtualRouterId: 51,
  priority: 99,
  effectivePriority: 99,
  tracking: [],
  advertIntervalMs: 1000,
  masterIp: '10.0.0.1',
  masterPriority: 99,
  transitions: 1,
  yielding: false,
  holdOffMs: null,
  handOver: null,
  rivals: [],
  foreignRouters: [],
  vridsHeard: [],
  counters: { advertsSent: 12, advertsReceived: 3 },
}
const timings = { takeover: emptyHistogram, advertLateness: emptyHistogram }
const elector: ElectorStatus = { role: 'director', ...vrrp, timings, warnings: [] }
const announcer: AnnouncerStatus = {
  virtualIps: [{ address: '10.0.0.5', held: true }],
  gratuitousArpsSent: 5,
  leaseExpiries: 0,
  warnings: [],
}
const discovery: DiscoveryStatus = {
  members: [
    memberOf('10.0.0.10', { health: 'failure', failedPorts: [3128] }),
    memberOf('10.0.0.2', { traffic: { connections: 400, failed: 0, bytesIn: 800, bytesOut: 9000 } }),
    memberOf('10.0.0.1', {
      self: true,
      director: true,
      lastSeenMs: 0,
      traffic: { connections: 500, failed: 2, bytesIn: 1000, bytesOut: 10_000 },
    }),
  ],
  counters: { helloSent: 7 },
  warnings: [warning('cluster-key', null, 'beacons are not authenticated')],
  strangers: [],
}
const dispatcher: DispatcherStatus = {
  connects: emptyHistogram,
  generation: 4,
  nodes: [
    {
      address: '10.0.0.1',
      weight: 200,
      slots: 2048,
      activeConnections: 11,
      overloaded: false,
      slowStart: null,
      lastResort: false,
      reachMs: null,
      weightReason: null,
    },
    {
      address: '10.0.0.2',
      weight: 200,
      slots: 2048,
      activeConnections: 12,
      overloaded: false,
      slowStart: null,
      lastResort: false,
      reachMs: null,
      weightReason: null,
    },
  ],
  warnings: [warning('cluster-key', null, 'beacons are not authenticated')],
}
const monitor: PortMonitorStatus = {
  state: 'ok',
  ports: [{ port: 3128, listening: true, problem: null }],
  checks: [],
  warnings: [],
}
const stats: StatsReporterStatus = {
  load: { cpu: 0.25, memory: 0.5, pressure: 0.01, activeConnections: 3 },
  memoryPressure: 0.02,
  warnings: [],
}
const watcher: WatcherStatus = {
  link: { index: 2, mac: '02:00:00:00:00:01', up: true },
  occupied: [],
  counters: {},
  warnings: [],
}
const packets = { received: 1, dropped: 0, overflowed: 0, sent: 2, sendFailed: 0 }
const rawIp: RawIpStatus = { open: true, reopened: 0, counters: { 112: packets, 253: packets }, warnings: [] }

export const routeOf = (client: string): ClientRoute => ({
  client,
  slot: 77,
  node: '10.0.0.2',
  reason: 'pin',
  activeConnections: 2,
  idleS: 1,
  sinceMs: 5000,
})
/** A part of the clients as a dispatcher tells it that knows these. */
export function partOf(known: readonly string[], from: number, skip: number, take: number): ClientsPart {
  const begin = Math.min(known.length, from + skip)
  const end = take === 0 ? known.length : Math.min(known.length, begin + take)
  const routes = take === 0 ? [] : known.slice(begin, end).map(routeOf)
  return { routes, seen: end - from, next: end < known.length ? end : null }
}
const CLIENTS = ['10.1.0.1', '10.1.0.2', '10.1.0.3']
export const actorOf = (name: string, change: Partial<ActorDescription> = {}): ActorDescription => ({
  name,
  placement: 'worker',
  scheduling: 'ordinary',
  state: 'running',
  threadId: 3,
  restarts: 0,
  upMs: 61_000,
  mailbox: 0,
  handled: 9,
  overflowed: 0,
  handling: null,
  handlingMs: null,
  ...change,
})

const instanceOf = (name: string, change: Partial<InstanceIdentity> = {}): InstanceIdentity => ({
  name,
  family: 'ipv4',
  elector: 'elector',
  announcer: 'announcer',
  virtualRouterId: 51,
  directorPriority: 99,
  virtualIps: [{ address: '10.0.0.5' }],
  vrrp: { version: 2, advertIntervalCs: 100 },
  ...change,
})

type FakeControl = Readonly<Record<string, (...parameters: never[]) => Promise<unknown>>>

/** As discovery tells the history. */
export const figuresOf = (address: string, connections: number): NodeFigures => ({
  address,
  name: `node-${address.split('.').at(-1)}`,
  activeConnections: 3,
  slots: 2048,
  traffic: { connections, failed: 0, bytesIn: 100 * connections, bytesOut: 1000 * connections },
  ageMs: 0,
})

/** What the actors of a healthy director answer; a test replaces what it is about. */
const healthyControls = (): Record<string, FakeControl> => ({
  elector: { describe: async () => elector },
  announcer: { describe: async () => announcer },
  discovery: { describe: async () => discovery, figures: async () => [figuresOf('10.0.0.1', 500)] },
  dispatcher: {
    describe: async () => dispatcher,
    which: async (client: string) => routeOf(client),
    clients: async (from: number, skip: number, take: number) => partOf(CLIENTS, from, skip, take),
  },
  'port-monitor': { describe: async () => monitor },
  'stats-reporter': { describe: async () => stats },
  'raw-ip': { describe: async () => rawIp },
  watcher: { describe: async () => watcher },
  forwarder: { describe: async () => ({ counters: { accepted: 900 }, warnings: [] }) },
  supervisor: {
    actors: async () => [actorOf('elector'), actorOf('discovery', { state: 'backoff', restarts: 2 })],
    watch: async () => undefined,
    crash: async (actor: string) => actor === 'elector',
    stall: async () => false,
  },
})

function describedIn({ forwarding, instances = [instanceOf('VI_51')] }: Partial<InspectorOptions>): readonly string[] {
  const electing = instances.flatMap(({ elector, announcer }) => [elector, announcer])
  const others = ['discovery', 'dispatcher', 'port-monitor', 'stats-reporter', 'raw-ip', 'watcher']
  return [...electing, ...others, forwarding === 'kernel' ? 'fast-path' : 'forwarder']
}

/** A real inspector on a socket of its own, among actors that are made up. */
export class InspectedGateway {
  readonly folder = mkdtempSync(join(tmpdir(), 'proxyha-inspector-'))
  readonly socketPath = join(this.folder, 'control.sock')
  readonly timelineFile = join(this.folder, 'timeline')
  readonly clock = new FakeClock()
  readonly lines: string[] = []
  readonly lostLines = new LostLines()
  controls: Record<string, FakeControl> = healthyControls()
  port = 0
  #instance: ActorInstance<never> | undefined

  /** With `port`, that TCP port instead of a free one. */
  async start(change: Partial<InspectorOptions> = {}, port?: number): Promise<void> {
    this.port = port ?? (await freePort())
    const options: InspectorOptions = {
      name: 'jupiter',
      managementIp: '10.0.0.1',
      instances: [instanceOf('VI_51')],
      interfaceName: 'eth0',
      redirects: [{ originalPorts: [8080], proxyPort: 3128 }],
      portRanges: [],
      forwarding: 'workers',
      version: readVersion(),
      startWarnings: [],
      control: { socketPath: this.socketPath },
      inspector: { address: '127.0.0.1', port: this.port, tokens: [] },
      described: describedIn(change),
      lostLines: this.lostLines.shared,
      timelineFile: this.timelineFile,
      ...change,
    }
    this.#instance = await startInspector(this.#context(), options, { privately, journalFile: linuxJournalFile })
  }

  /** Starts it with a second instance, `web`, whose actors say the same as those of the first but for what is changed. */
  async startWithWeb(elected: Partial<ElectorStatus> = {}, announced: Partial<AnnouncerStatus> = {}): Promise<void> {
    const web = { elector: 'elector-web', announcer: 'announcer-web', virtualRouterId: 52 } as const
    const virtualIps = [{ address: '10.0.0.6', held: true }]
    this.controls['elector-web'] = { describe: async () => ({ ...elector, virtualRouterId: 52, ...elected }) }
    this.controls['announcer-web'] = { describe: async () => ({ ...announcer, virtualIps, ...announced }) }
    await this.start({ instances: [instanceOf('VI_51'), instanceOf('web', { ...web, virtualIps })] })
  }

  observe(event: Partial<InspectionEvent> & { readonly type: string }): void {
    this.#instance?.observe?.({
      sequence: 0,
      actor: 'elector',
      atMs: 1,
      wallMs: 1_700_000_000_000,
      ...event,
    } as InspectionEvent)
  }

  async stop(): Promise<void> {
    await this.#instance?.stop?.()
    this.#instance = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #context(): ActorContext<Readonly<Record<never, never>>> {
    return {
      name: 'inspector',
      incarnation: 0,
      clock: this.clock,
      random: new SeededRandom(1),
      send: () => undefined,
      request: () => Promise.reject(new Error('nobody asks here')),
      log: (level, line) => this.lines.push(`${level}: ${line}`),
      inspect: () => undefined,
      observer: undefined,
      guard: (call) => call,
      control: ((actor: string) => this.controls[actor]) as ActorContext['control'],
    }
  }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request, on the control socket (a path) or a TCP port of loopback. */
export function ask(
  where: string | number,
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const target = typeof where === 'string' ? { socketPath: where } : { host: '127.0.0.1', port: where }
    const asked = request({ ...target, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

export async function askJson(where: string | number, path: string): Promise<unknown> {
  return JSON.parse((await ask(where, path)).body)
}

/** A TCP port of loopback on which nobody listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
