import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { RemoteControl } from '../../runtime/actor-system/actor.ts'
import type { LostLines } from '../../runtime/actor-system/inspection/lost-lines.ts'
import type { DispatcherControl } from '../dispatcher/messages.ts'
import { openApiAnswer, unversioned } from './api-version.ts'
import { askerOf, wholeOf } from './asking.ts'
import { readClients } from './client-pages.ts'
import type { Examiner } from './doctor/examiner.ts'
import { EVENTS_KEPT, type EventLog } from './event-log.ts'
import type { History } from './history/history.ts'
import type { Caller } from './http/access.ts'
import { acceptsGzip, gzipped } from './http/encoding.ts'
import { type EventStreams, STREAMS_MAX } from './http/event-streams.ts'
import { type Answer, errorCode, failure, json } from './http/server.ts'
import { SharedAnswers } from './http/shared-answers.ts'
import { CLIENT_ORDERS, type ClientOrder, type SupervisorControl, type ToldStatus } from './messages.ts'
import type { Format } from './metrics/figures-page.ts'
import type { Metrics } from './metrics/metrics.ts'
import { OrderRoutes, type OrderSources } from './order-routes.ts'
import { PageFiles } from './page-files.ts'
import { callControl, type Gathered } from './slices.ts'
import { assembleDiagnostics, unfitness } from './status.ts'
import { TieRoutes } from './tie-routes.ts'
import { TIMELINE_KEPT } from './timeline/timeline.ts'

/** How a request has come: the control socket is root's alone and may do more. */
export type Channel = (typeof CHANNELS)[number]
const CHANNELS = ['control', 'tcp'] as const

/** What the routes answer from. */
export interface RouteSources extends OrderSources {
  /** Who knows where a client goes. */
  readonly router: 'dispatcher' | 'fast-path'
  readonly events: EventLog
  readonly streams: EventStreams
  readonly examiner: Examiner
  readonly history: History
  /** Requests over TCP that were refused, by status. */
  refusals(): Readonly<Record<401 | 403, number>>
  readonly lostLines: LostLines
  /** What the last round has gathered; undefined: there was none. */
  lookedAt(): { readonly gathered: Gathered; readonly atMs: number } | undefined
}

/** What an asker may do here; each has an answer of its own. */
const ACCESS_PATH = '/access'

/** What dispatcher and fast path have in common. */
type RouterControl = Pick<DispatcherControl, 'which' | 'clients'>

type Route = (
  query: URLSearchParams,
  response: ServerResponse,
  headers: IncomingHttpHeaders,
) => Promise<Answer | 'streaming'>

const CLIENTS_SHOWN = 200
const CLIENTS_MAX = 65_536
const OFFSET_MAX = 999_999_999
/** In kernel mode the answer is a run of nft, which a busy host may take its time for; less than whoever asks waits. */
const LOOK_MS = 4000
/** A listing is many answers of those, one after the other. */
const LISTING_MS = 15_000
/** Answers of a path that are made at a time. */
const CALLS_MAX = 4
/** So long a page of clients is good for whoever asks for the same. */
const LISTING_KEPT_MS = 1000

const METRICS_PATH = '/metrics'
/** A round is a second and as long as the slowest actor takes to answer. */
const LATELY_MS = 2500

const ORDERS_ARE_OPERATORS =
  'orders are given on the control socket, or with a token of inspector.tokens whose role is operator'

/** The routes by path. Orders, which are POST, are on the control socket, and over TCP for who has an operator's token; test hooks on the socket only. */
export class InspectorRoutes {
  readonly #sources: RouteSources
  readonly #ask: ReturnType<typeof askerOf>
  readonly #everywhere: ReadonlyMap<string, Route>
  readonly #orders: OrderRoutes
  readonly #page = new PageFiles()
  readonly #openApi = openApiAnswer()
  /** Loaded when somebody asks for them. */
  #metrics: Promise<Metrics> | undefined
  /** By channel and path: who floods the TCP port does not keep the owner of the control socket waiting. */
  readonly #shared: ReadonlyMap<string, SharedAnswers>

  constructor(sources: RouteSources) {
    this.#sources = sources
    this.#ask = askerOf(sources.context)
    const ties = new TieRoutes(sources)
    this.#everywhere = new Map<string, Route>([
      ['/status', (query) => this.#status(query)],
      ['/doctor', () => this.#doctor()],
      ['/diagnostics', () => this.#diagnostics()],
      ['/actors', () => this.#actors()],
      ['/events', (query, response, headers) => this.#events(query, response, headers)],
      ['/history', async (query) => this.#history(query)],
      ['/timeline', async (query) => this.#timeline(query)],
      ['/clients', (query) => this.#clients(query)],
      ['/which', (query) => this.#which(query)],
      ['/assigned', () => ties.list()],
      [METRICS_PATH, (_query, _response, headers) => this.#metricsIn(headers)],
      ['/healthz', () => this.#health()],
      ['/openapi.json', async () => this.#openApi],
    ])
    this.#shared = new Map(
      CHANNELS.flatMap((channel) =>
        [...this.#everywhere.keys()].map((path) => {
          const limits = path === '/clients' ? { making: 1, keptMs: LISTING_KEPT_MS } : { making: CALLS_MAX, keptMs: 0 }
          return [`${channel} ${path}`, new SharedAnswers(limits, sources.context.clock)] as const
        }),
      ),
    )
    this.#orders = new OrderRoutes(sources)
  }

  /** The answer with a file of the page, which everybody may have; undefined for all other requests. */
  pageFile(request: IncomingMessage): Answer | undefined {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    return isRead ? this.#page.answer(request.url ?? '', request.headers['if-none-match']) : undefined
  }

  /** Orders are an operator's. */
  async handle(
    channel: Channel,
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<Answer | 'streaming'> {
    const file = this.pageFile(request)
    if (file !== undefined) return file
    const url = unversioned(URL.parse(request.url ?? '', 'http://localhost'))
    const order = url === null ? undefined : this.#orders.posted.get(url.pathname)
    if (url !== null && order !== undefined) {
      if (caller.role !== 'operator') return failure(403, ORDERS_ARE_OPERATORS)
      if (request.method === 'POST') return this.#orders.give(url, order, caller.by)
      return failure(405, `${request.method} is not for ${url.pathname}, which changes something`, { allow: 'POST' })
    }
    if (url?.pathname === ACCESS_PATH && request.method === 'GET') return this.#access(caller)
    const route =
      url === null
        ? undefined
        : (this.#everywhere.get(url.pathname) ??
          (channel === 'control' ? this.#orders.hooks.get(url.pathname) : undefined))
    if (url === null || route === undefined) {
      const paths = ['/', ACCESS_PATH, ...this.#everywhere.keys()]
      return json(404, { error: 'there is no such path', code: errorCode(404), paths })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return failure(405, `${request.method} is not for ${url.pathname}`, { allow: 'GET, HEAD' })
    }
    const shared = isStream(url) ? undefined : this.#shared.get(`${channel} ${url.pathname}`)
    const { headers } = request
    if (shared === undefined) return route(url.searchParams, response, headers)
    const key = url.pathname === METRICS_PATH ? variantOf(headers) : keyOf(url.searchParams)
    return shared.answer(key, async () => whole(await route(url.searchParams, response, headers)))
  }

  #access({ role, by }: Caller): Answer {
    const { name, version } = this.#sources.identity()
    const orders = role === 'operator' ? [...this.#orders.posted.keys()] : []
    return json(200, {
      role,
      by,
      orders,
      ordersAre: role === 'operator' ? null : ORDERS_ARE_OPERATORS,
      node: name,
      version,
    })
  }

  async #status(query: URLSearchParams): Promise<Answer> {
    const { gatherer, examiner, statusOf } = this.#sources
    const gathered = await gatherer.gather()
    const told: ToldStatus = {
      ...statusOf(gathered, query.get('all') === '1'),
      verdict: examiner.examine(gathered).verdict,
    }
    return json(200, told)
  }

  async #doctor(): Promise<Answer> {
    const { gatherer, examiner } = this.#sources
    return json(200, await examiner.report(await gatherer.gather()))
  }

  async #diagnostics(): Promise<Answer> {
    const { gatherer, identity } = this.#sources
    return json(200, assembleDiagnostics(identity(), await gatherer.gather(), process.pid))
  }

  async #actors(): Promise<Answer> {
    return this.#ask<SupervisorControl>('supervisor', async (supervisor) => json(200, await supervisor.actors()))
  }

  /** By the id of the event that it had last an EventSource goes on where it was. */
  async #events(
    query: URLSearchParams,
    response: ServerResponse,
    { 'last-event-id': lastEventId }: IncomingHttpHeaders,
  ): Promise<Answer | 'streaming'> {
    const { events, streams } = this.#sources
    const last = wholeOf(query.get('last') ?? String(EVENTS_KEPT), EVENTS_KEPT)
    if (last === undefined) return failure(400, `last must be 1..${EVENTS_KEPT}`)
    if (query.get('follow') === '0') return json(200, events.kept().slice(-last))
    const lastHad = [lastEventId].flat()[0] ?? null
    if (streams.open(response, { messages: query.get('messages') === '1', lastHad, last })) return 'streaming'
    return failure(503, `${STREAMS_MAX} readers follow the events already; try again later`, { 'retry-after': '5' })
  }

  #history(query: URLSearchParams): Answer {
    const after = query.get('after')
    const afterMs = after === null ? undefined : Date.parse(after)
    if (Number.isNaN(afterMs))
      return failure(400, 'after must be a time as the answer has it: 2026-03-01T03:00:00.000Z')
    return json(200, this.#sources.history.answer(afterMs))
  }

  #timeline(query: URLSearchParams): Answer {
    const { timeline } = this.#sources
    const last = wholeOf(query.get('last') ?? String(TIMELINE_KEPT), TIMELINE_KEPT)
    if (last === undefined) return failure(400, `last must be 1..${TIMELINE_KEPT}`)
    const asked = query.get('after')
    const after = eventIdOf(asked ?? undefined)
    if (asked !== null && after === undefined) return failure(400, 'after must be the id of an entry')
    return json(200, { entries: timeline.since(after, last), problem: timeline.problem })
  }

  /** A page of them; the headers have how many there are, and where the next page is. */
  async #clients(query: URLSearchParams): Promise<Answer> {
    const limit = wholeOf(query.get('limit') ?? String(CLIENTS_SHOWN), CLIENTS_MAX)
    if (limit === undefined) return failure(400, `limit must be 1..${CLIENTS_MAX}`)
    const written = query.get('offset') ?? '0'
    const offset = /^0+$/.test(written) ? 0 : wholeOf(written, OFFSET_MAX)
    if (offset === undefined) return failure(400, `offset must be 0..${OFFSET_MAX}`)
    const order = query.get('sort')
    if (order !== null && !isClientOrder(order)) return failure(400, `sort must be one of ${CLIENT_ORDERS.join(', ')}`)
    if (order !== null && offset + limit > CLIENTS_MAX)
      return failure(400, `in an order only the first ${CLIENTS_MAX} can be had: offset and limit go beyond`)
    const named = query.get('node')
    const node = named === null ? null : await this.#addressOf(named)
    if (node === undefined) return failure(400, `no node of that name or management IP is known here: ${named}`)
    const clients = async (router: RemoteControl<RouterControl>) => {
      const wish = { offset, limit, node, order }
      const { routes, total } = await readClients((...part) => router.clients(...part), wish)
      const next = offset + routes.length
      const hasMore = next < total && routes.length > 0
      return json(200, routes, { 'x-total-count': String(total), ...(hasMore && { link: linkOf(query, limit, next) }) })
    }
    return this.#ask<RouterControl>(this.#sources.router, clients, LISTING_MS)
  }

  /** The management IP of a node that is named by it, or by its name. */
  async #addressOf(named: string): Promise<string | undefined> {
    const { slices } = await this.#sources.gatherer.gather()
    return slices.discovery?.members.find(({ name, address }) => name === named || address === named)?.address
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

  /** Some actors answer only between two waits for the kernel: a scraper need not wait for that, as the rounds do. */
  async #gatheredLately(): Promise<{ readonly gathered: Gathered; readonly ageMs: number }> {
    const { context, gatherer, lookedAt } = this.#sources
    const looked = lookedAt()
    const ageMs = context.clock.nowMs() - (looked?.atMs ?? Number.NEGATIVE_INFINITY)
    if (looked !== undefined && ageMs < LATELY_MS) return { gathered: looked.gathered, ageMs }
    return { gathered: await gatherer.gather(), ageMs: 0 }
  }

  async #metricsIn(headers: IncomingHttpHeaders): Promise<Answer> {
    const { context, streams } = this.#sources
    const [{ gathered, ageMs }, actors] = await Promise.all([
      this.#gatheredLately(),
      callControl<SupervisorControl, Awaited<ReturnType<SupervisorControl['actors']>>>(
        context,
        'supervisor',
        (supervisor) => supervisor.actors(),
      ).catch(() => []),
    ])
    const { user, system } = process.cpuUsage()
    const format = formatOf(headers)
    this.#metrics ??= import('./metrics/metrics.ts').then(({ Metrics }) => new Metrics())
    const metrics = await this.#metrics
    const body = await metrics.render(format, this.#sources.statusOf(gathered), gathered, actors, {
      version: this.#sources.identity().version,
      warnings: this.#sources.warningsIn(gathered),
      nodes: this.#sources.statusOf(gathered, true).nodes,
      refusals: this.#sources.refusals(),
      wallMs: context.clock.wallMs() - ageMs,
      timelineKept: this.#sources.timeline.problem === null,
      streams: streams.count,
      streamsDropped: streams.dropped,
      lostLines: this.#sources.lostLines.read(),
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
    })
    const answer = { status: 200, type: metrics.typeOf(format), body, headers: { vary: 'accept, accept-encoding' } }
    return acceptsGzip(headers) ? gzipped(answer) : answer
  }

  async #health(): Promise<Answer> {
    const gathered = await this.#sources.gatherer.gather()
    const status = this.#sources.statusOf(gathered)
    const reason = unfitness(this.#sources.identity(), status, gathered)
    return reason === undefined
      ? json(200, { ok: true, role: status.role })
      : json(503, { ok: false, role: status.role, reason })
  }
}

/** A scraper that can read OpenMetrics says so. */
const formatOf = ({ accept = '' }: IncomingHttpHeaders): Format =>
  accept.includes('application/openmetrics-text') ? 'openMetrics' : 'prometheus'

const variantOf = (headers: IncomingHttpHeaders): string => `${formatOf(headers)} ${acceptsGzip(headers)}`

/** What an answer may depend on; whatever else is in a query makes no other answer. */
const PARAMETERS = ['after', 'all', 'client', 'limit', 'offset', 'last', 'follow', 'messages', 'node', 'sort']

const keyOf = (query: URLSearchParams): string =>
  PARAMETERS.map((name) => encodeURIComponent(query.get(name) ?? '')).join('&')

const isClientOrder = (text: string): text is ClientOrder => (CLIENT_ORDERS as readonly string[]).includes(text)

/** To the next page of the same. */
function linkOf(query: URLSearchParams, limit: number, next: number): string {
  const asked = new URLSearchParams({ limit: String(limit), offset: String(next) })
  for (const name of ['node', 'sort']) if (query.has(name)) asked.set(name, query.get(name) ?? '')
  return `</clients?${asked}>; rel="next"`
}

const isStream = (url: URL): boolean => url.pathname === '/events' && url.searchParams.get('follow') !== '0'

/** Streams are not shared. */
function whole(answer: Answer | 'streaming'): Answer {
  return answer === 'streaming' ? failure(500, 'a stream is no answer') : answer
}

/** Undefined for what is no id of ours. */
const eventIdOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
