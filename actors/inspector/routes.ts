import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { ActorContext, Control, RemoteControl } from '../../runtime/actor-system/actor.ts'
import type { LostLines } from '../../runtime/actor-system/inspection/lost-lines.ts'
import type { AnnouncerControl } from '../announcer/messages.ts'
import { type DiscoveryControl, type DrainWish, MAINTENANCE_MS } from '../discovery/messages.ts'
import type { DispatcherControl } from '../dispatcher/messages.ts'
import type { ElectorControl } from '../elector/messages.ts'
import { readClients } from './client-pages.ts'
import { EVENTS_KEPT, type EventLog } from './event-log.ts'
import { type EventStreams, STREAMS_MAX } from './event-streams.ts'
import type { GatewayStatus, InspectorPeers, SupervisorControl } from './messages.ts'
import { renderMetrics } from './metrics.ts'
import { planDrain, planFailover, planForget } from './orders.ts'
import { createPage } from './page.ts'
import { type Answer, failure, json } from './server.ts'
import { SharedAnswers } from './shared-answers.ts'
import { callControl, type Gathered, type SliceGatherer } from './slices.ts'
import { assembleDiagnostics, type GatewayIdentity, unfitness } from './status.ts'

/** How a request has come: the control socket is root's alone and may do more. */
export type Channel = (typeof CHANNELS)[number]
const CHANNELS = ['control', 'tcp'] as const

/** What the routes answer from. */
export interface RouteSources {
  readonly context: ActorContext<InspectorPeers>
  readonly gatherer: SliceGatherer
  /** Who knows where a client goes. */
  readonly router: 'dispatcher' | 'fast-path'
  readonly events: EventLog
  readonly streams: EventStreams
  /** Requests over TCP that were refused, by status. */
  refusals(): Readonly<Record<401 | 403, number>>
  readonly lostLines: LostLines
  /** As configured now. */
  identity(): GatewayIdentity
  statusOf(gathered: Gathered): GatewayStatus
}

/** What dispatcher and fast path have in common. */
type RouterControl = Pick<DispatcherControl, 'which' | 'clients'>

type Order = (query: URLSearchParams) => Promise<Answer>
type Route = (
  query: URLSearchParams,
  response: ServerResponse,
  lastEventId: string | undefined,
) => Promise<Answer | 'streaming'>

/** The page says nothing of this gateway by itself: it may be fetched without a token. */
export const PAGE_PATH = '/'
const CLIENTS_SHOWN = 200
const CLIENTS_MAX = 65_536
const OFFSET_MAX = 999_999_999
/** In kernel mode the answer is a run of nft, which a busy host may take its time for; less than whoever asks waits. */
const LOOK_MS = 4000
const MAINTENANCE_MOST_MS = 24 * 60 * 60_000
/** A listing is many answers of those, one after the other. */
const LISTING_MS = 15_000
/** Answers of a path that are made at a time. */
const CALLS_MAX = 4
/** So long a page of clients is good for whoever asks for the same. */
const LISTING_KEPT_MS = 1000
const LONGEST_STALL_MS = 60_000
/** Reading the configuration takes a thread that has to start, and the actors a second to confirm. */
const RELOAD_PATIENCE_MS = 20_000
const RELOAD_LOOK_EVERY_MS = 20

/** The routes by path; those of `control`, and orders, which are POST, are on the control socket only. */
export class InspectorRoutes {
  readonly #sources: RouteSources
  readonly #everywhere: ReadonlyMap<string, Route>
  readonly #onControl: ReadonlyMap<string, Route>
  readonly #orders: ReadonlyMap<string, Order>
  /** By channel and path: who floods the TCP port does not keep the owner of the control socket waiting. */
  readonly #shared: ReadonlyMap<string, SharedAnswers>

  constructor(sources: RouteSources) {
    this.#sources = sources
    const page = createPage()
    this.#everywhere = new Map<string, Route>([
      [PAGE_PATH, async () => page],
      ['/status', () => this.#status()],
      ['/diagnostics', () => this.#diagnostics()],
      ['/actors', () => this.#actors()],
      ['/events', (query, response, lastEventId) => this.#events(query, response, lastEventId)],
      ['/clients', (query) => this.#clients(query)],
      ['/which', (query) => this.#which(query)],
      ['/metrics', () => this.#metrics()],
      ['/healthz', () => this.#health()],
    ])
    this.#shared = new Map(
      CHANNELS.flatMap((channel) =>
        [...this.#everywhere.keys()].map((path) => {
          const limits = path === '/clients' ? { making: 1, keptMs: LISTING_KEPT_MS } : { making: CALLS_MAX, keptMs: 0 }
          return [`${channel} ${path}`, new SharedAnswers(limits, sources.context.clock)] as const
        }),
      ),
    )
    // Test hooks; the supervisor refuses them unless they are enabled.
    this.#onControl = new Map<string, Route>([
      ['/test/crash', (query) => this.#hook(query, (supervisor, actor) => supervisor.crash(actor))],
      ['/test/stall', (query) => this.#stall(query)],
    ])
    this.#orders = new Map<string, Order>([
      ['/failover', (query) => this.#failover(query)],
      ['/announce', () => this.#announce()],
      ['/drain', (query) => this.#drain(query, { draining: true, maintMs: null })],
      ['/undrain', (query) => this.#drain(query, { draining: false, maintMs: null })],
      ['/maint', (query) => this.#maint(query)],
      ['/forget', (query) => this.#forget(query)],
      ['/reload', (query) => this.#reload(query.get('check') === '1')],
    ])
  }

  async handle(channel: Channel, request: IncomingMessage, response: ServerResponse): Promise<Answer | 'streaming'> {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    const order = url === null || channel !== 'control' ? undefined : this.#orders.get(url.pathname)
    if (url !== null && order !== undefined) {
      if (request.method === 'POST') return order(url.searchParams)
      return failure(405, `${request.method} is not for ${url.pathname}, which changes something`, { allow: 'POST' })
    }
    const route =
      url === null
        ? undefined
        : (this.#everywhere.get(url.pathname) ??
          (channel === 'control' ? this.#onControl.get(url.pathname) : undefined))
    if (url === null || route === undefined) {
      return json(404, { error: 'there is no such path', paths: [...this.#everywhere.keys()] })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failure(405, `${request.method} is not for ${url.pathname}`, { allow: 'GET, HEAD' })
    }
    const shared = isStream(url) ? undefined : this.#shared.get(`${channel} ${url.pathname}`)
    const lastEventId = [request.headers['last-event-id']].flat()[0]
    if (shared === undefined) return route(url.searchParams, response, lastEventId)
    return shared.answer(keyOf(url.searchParams), async () => whole(await route(url.searchParams, response, undefined)))
  }

  async #status(): Promise<Answer> {
    return json(200, this.#sources.statusOf(await this.#sources.gatherer.gather()))
  }

  async #diagnostics(): Promise<Answer> {
    const { gatherer, identity } = this.#sources
    return json(200, assembleDiagnostics(identity(), await gatherer.gather(), process.pid))
  }

  async #actors(): Promise<Answer> {
    return this.#ask<SupervisorControl>('supervisor', async (supervisor) => json(200, await supervisor.actors()))
  }

  /** `lastEventId`: of the event that a reader had last, by which EventSource goes on where it was. */
  async #events(
    query: URLSearchParams,
    response: ServerResponse,
    lastEventId: string | undefined,
  ): Promise<Answer | 'streaming'> {
    const { events, streams } = this.#sources
    const last = wholeOf(query.get('last') ?? String(EVENTS_KEPT), EVENTS_KEPT)
    if (last === undefined) return failure(400, `last must be 1..${EVENTS_KEPT}`)
    if (query.get('follow') === '0') return json(200, events.kept().slice(-last))
    const after = eventIdOf(lastEventId)
    if (streams.open(response, { messages: query.get('messages') === '1', after, last })) return 'streaming'
    return failure(503, `${STREAMS_MAX} readers follow the events already; try again later`, { 'retry-after': '5' })
  }

  /** A page of them; the headers have how many there are, and where the next page is. */
  async #clients(query: URLSearchParams): Promise<Answer> {
    const limit = wholeOf(query.get('limit') ?? String(CLIENTS_SHOWN), CLIENTS_MAX)
    if (limit === undefined) return failure(400, `limit must be 1..${CLIENTS_MAX}`)
    const written = query.get('offset') ?? '0'
    const offset = /^0+$/.test(written) ? 0 : wholeOf(written, OFFSET_MAX)
    if (offset === undefined) return failure(400, `offset must be 0..${OFFSET_MAX}`)
    const clients = async (router: RemoteControl<RouterControl>) => {
      const { routes, total } = await readClients((...part) => router.clients(...part), offset, limit)
      const next = offset + routes.length
      const hasMore = next < total && routes.length > 0
      const link = hasMore ? { link: `</clients?limit=${limit}&offset=${next}>; rel="next"` } : {}
      return json(200, routes, { 'x-total-count': String(total), ...link })
    }
    return this.#ask<RouterControl>(this.#sources.router, clients, LISTING_MS)
  }

  async #which(query: URLSearchParams): Promise<Answer> {
    const client = query.get('client') ?? ''
    if (isIP(client) === 0 || client.includes('%')) {
      const zone = client.includes('%') ? ', without a zone' : ''
      return failure(400, `client must be an IP address${zone}: /which?client=10.0.0.7`)
    }
    const which = async (router: RemoteControl<RouterControl>) => json(200, await router.which(client))
    return this.#ask<RouterControl>(this.#sources.router, which, LOOK_MS)
  }

  async #metrics(): Promise<Answer> {
    const { context, gatherer, streams } = this.#sources
    const [gathered, actors] = await Promise.all([
      gatherer.gather(),
      callControl<SupervisorControl, Awaited<ReturnType<SupervisorControl['actors']>>>(
        context,
        'supervisor',
        (supervisor) => supervisor.actors(),
      ).catch(() => []),
    ])
    const { user, system } = process.cpuUsage()
    const body = await renderMetrics(this.#sources.statusOf(gathered), gathered, actors, {
      version: this.#sources.identity().version,
      refusals: this.#sources.refusals(),
      streams: streams.count,
      streamsDropped: streams.dropped,
      lostLines: this.#sources.lostLines.read(),
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
    })
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body }
  }

  async #health(): Promise<Answer> {
    const gathered = await this.#sources.gatherer.gather()
    const status = this.#sources.statusOf(gathered)
    const reason = unfitness(this.#sources.identity(), status, gathered)
    return reason === undefined
      ? json(200, { ok: true, role: status.role })
      : json(503, { ok: false, role: status.role, reason })
  }

  async #failover(query: URLSearchParams): Promise<Answer> {
    const status = this.#sources.statusOf(await this.#sources.gatherer.gather())
    const plan = planFailover(status, query.get('instance'), query.get('force') === '1')
    if (!plan.ok) return failure(409, plan.reason)
    const names = new Set(plan.instances.map(({ name }) => name))
    const ordered = this.#sources.identity().instances.filter(({ name }) => names.has(name))
    const answers = await Promise.all(
      ordered.map(({ name, elector }) =>
        this.#ask<ElectorControl>(elector, async (control) =>
          (await control.stepDown()) ? json(200, name) : failure(409, 'this node has just ceased to be the director'),
        ),
      ),
    )
    // What is under way is told; what was refused beside it the status shows.
    const begun = ordered.filter((_, index) => answers[index]?.status === 200).map(({ name }) => name)
    return begun.length > 0 ? json(200, { ok: true, instances: begun }) : (answers[0] ?? failure(409, 'no instance'))
  }

  async #announce(): Promise<Answer> {
    const announced = new Set<string>()
    const answers = await Promise.all(
      this.#sources.identity().instances.map(({ announcer }) =>
        this.#ask<AnnouncerControl>(announcer, async (control) => {
          for (const address of await control.announce()) announced.add(address)
          return json(200, null)
        }),
      ),
    )
    if (announced.size > 0) return json(200, { addresses: [...announced] })
    const silent = answers.find(({ status }) => status !== 200)
    return silent ?? failure(409, 'this node holds no virtual IP: only the director announces them')
  }

  /** Answers when it is done; the order itself goes on whatever becomes of the asker. */
  async #reload(checkOnly: boolean): Promise<Answer> {
    const { clock } = this.#sources.context
    const untilMs = clock.nowMs() + RELOAD_PATIENCE_MS
    return this.#ask<SupervisorControl>(
      'supervisor',
      async (supervisor) => {
        const order = await supervisor.reload(checkOnly)
        while (clock.nowMs() < untilMs) {
          const report = await supervisor.reloadReport(order)
          if (report !== null) return json(report.outcome === 'refused' ? 409 : 200, report)
          await new Promise<void>((resolve) => clock.setTimer(RELOAD_LOOK_EVERY_MS, resolve))
        }
        return failure(504, 'the reload is still under way; the log says what becomes of it')
      },
      2 * RELOAD_PATIENCE_MS,
    )
  }

  async #maint(query: URLSearchParams): Promise<Answer> {
    const text = query.get('timeoutMs') ?? String(MAINTENANCE_MS)
    const maintMs = text === '0' ? 0 : wholeOf(text, MAINTENANCE_MOST_MS)
    if (maintMs === undefined) return failure(400, `timeoutMs must be 0..${MAINTENANCE_MOST_MS}`)
    return this.#drain(query, { draining: true, maintMs })
  }

  #drain(query: URLSearchParams, wish: DrainWish): Promise<Answer> {
    return this.#orderOfNode(query, planDrain, (discovery, address) => discovery.drain(address, wish))
  }

  #forget(query: URLSearchParams): Promise<Answer> {
    return this.#orderOfNode(query, planForget, (discovery, address) => discovery.forget(address))
  }

  /** Discovery is told of the node that is named, where the plan allows it. */
  async #orderOfNode(
    query: URLSearchParams,
    planOf: typeof planDrain,
    give: (discovery: RemoteControl<DiscoveryControl>, address: string) => Promise<void>,
  ): Promise<Answer> {
    const status = this.#sources.statusOf(await this.#sources.gatherer.gather())
    const plan = planOf(status, query.get('node') ?? '')
    if (!plan.ok) return failure(409, plan.reason)
    const { name, address } = plan.node
    return this.#ask<DiscoveryControl>('discovery', async (discovery) => {
      await give(discovery, address)
      return json(200, { ok: true, node: name, address })
    })
  }

  async #stall(query: URLSearchParams): Promise<Answer> {
    const ms = wholeOf(query.get('ms') ?? '', LONGEST_STALL_MS)
    if (ms === undefined) return failure(400, `ms must be 1..${LONGEST_STALL_MS}`)
    return this.#hook(query, (supervisor, actor) => supervisor.stall(actor, ms))
  }

  async #hook(
    query: URLSearchParams,
    call: (supervisor: RemoteControl<SupervisorControl>, actor: string) => Promise<boolean>,
  ): Promise<Answer> {
    const actor = query.get('actor') ?? ''
    return this.#ask<SupervisorControl>('supervisor', async (supervisor) =>
      (await call(supervisor, actor))
        ? json(200, { ok: true })
        : failure(403, 'refused: no such actor runs, or PROXYHA_TEST_HOOKS is not 1'),
    )
  }

  /** The answer from an actor's control, or 503 where that actor does not give one. */
  async #ask<Of extends Control>(
    actor: string,
    call: (control: RemoteControl<Of>) => Promise<Answer>,
    withinMs?: number,
  ): Promise<Answer> {
    try {
      return await callControl<Of, Answer>(this.#sources.context, actor, call, withinMs)
    } catch (error) {
      return failure(503, `${actor} ${error instanceof Error ? error.message : String(error)}`, { 'retry-after': '1' })
    }
  }
}

/** What an answer may depend on; whatever else is in a query makes no other answer. */
const PARAMETERS = ['client', 'limit', 'offset', 'last', 'follow', 'messages']

const keyOf = (query: URLSearchParams): string => PARAMETERS.map((name) => query.get(name) ?? '').join('&')

const isStream = (url: URL): boolean => url.pathname === '/events' && url.searchParams.get('follow') !== '0'

/** Streams are not shared. */
function whole(answer: Answer | 'streaming'): Answer {
  return answer === 'streaming' ? failure(500, 'a stream is no answer') : answer
}

/** Undefined for what is no id of ours. */
const eventIdOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

function wholeOf(text: string, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= most ? value : undefined
}
