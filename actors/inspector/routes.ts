import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { InspectorRole } from '../../config/gateway-config.ts'
import type { RemoteControl } from '../../runtime/actor-system/actor.ts'
import type { LostLines } from '../../runtime/actor-system/inspection/lost-lines.ts'
import type { DispatcherControl } from '../dispatcher/messages.ts'
import { askerOf, wholeOf } from './asking.ts'
import { readClients } from './client-pages.ts'
import { EVENTS_KEPT, type EventLog } from './event-log.ts'
import { type EventStreams, STREAMS_MAX } from './http/event-streams.ts'
import { type Answer, failure, json } from './http/server.ts'
import { SharedAnswers } from './http/shared-answers.ts'
import type { SupervisorControl } from './messages.ts'
import { renderMetrics } from './metrics.ts'
import { OrderRoutes, type OrderSources } from './order-routes.ts'
import { createPage } from './page.ts'
import { callControl } from './slices.ts'
import { assembleDiagnostics, unfitness } from './status.ts'

/** How a request has come: the control socket is root's alone and may do more. */
export type Channel = (typeof CHANNELS)[number]
const CHANNELS = ['control', 'tcp'] as const

/** What the routes answer from. */
export interface RouteSources extends OrderSources {
  /** Who knows where a client goes. */
  readonly router: 'dispatcher' | 'fast-path'
  readonly events: EventLog
  readonly streams: EventStreams
  /** Requests over TCP that were refused, by status. */
  refusals(): Readonly<Record<401 | 403, number>>
  readonly lostLines: LostLines
}

/** What dispatcher and fast path have in common. */
type RouterControl = Pick<DispatcherControl, 'which' | 'clients'>

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
/** A listing is many answers of those, one after the other. */
const LISTING_MS = 15_000
/** Answers of a path that are made at a time. */
const CALLS_MAX = 4
/** So long a page of clients is good for whoever asks for the same. */
const LISTING_KEPT_MS = 1000

const ORDERS_ARE_OPERATORS =
  'orders are given on the control socket, or with a token of inspector.tokens whose role is operator'

/** The routes by path. Orders, which are POST, are on the control socket, and over TCP for who has an operator's token; test hooks on the socket only. */
export class InspectorRoutes {
  readonly #sources: RouteSources
  readonly #ask: ReturnType<typeof askerOf>
  readonly #everywhere: ReadonlyMap<string, Route>
  readonly #orders: OrderRoutes
  /** By channel and path: who floods the TCP port does not keep the owner of the control socket waiting. */
  readonly #shared: ReadonlyMap<string, SharedAnswers>

  constructor(sources: RouteSources) {
    this.#sources = sources
    this.#ask = askerOf(sources.context)
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
    this.#orders = new OrderRoutes(sources)
  }

  /** Orders are an operator's. */
  async handle(
    channel: Channel,
    request: IncomingMessage,
    response: ServerResponse,
    role: InspectorRole,
  ): Promise<Answer | 'streaming'> {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    const order = url === null ? undefined : this.#orders.posted.get(url.pathname)
    if (url !== null && order !== undefined) {
      if (role !== 'operator') return failure(403, ORDERS_ARE_OPERATORS)
      if (request.method === 'POST') return order(url.searchParams)
      return failure(405, `${request.method} is not for ${url.pathname}, which changes something`, { allow: 'POST' })
    }
    const route =
      url === null
        ? undefined
        : (this.#everywhere.get(url.pathname) ??
          (channel === 'control' ? this.#orders.hooks.get(url.pathname) : undefined))
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
