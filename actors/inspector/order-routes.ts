import type { ActorContext, RemoteControl } from '../../runtime/actor-system/actor.ts'
import { legible } from '../../runtime/actor-system/inspection/legible-text.ts'
import type { AnnouncerControl } from '../announcer/messages.ts'
import { type DiscoveryControl, type DrainWish, MAINTENANCE_MS } from '../discovery/messages.ts'
import type { ElectorControl } from '../elector/messages.ts'
import { askerOf, wholeOf } from './asking.ts'
import { type Answer, failure, json } from './http/server.ts'
import type { GatewayStatus, InspectorPeers, SupervisorControl } from './messages.ts'
import { planFailover, planForget, planPresent } from './orders.ts'
import type { Gathered, SliceGatherer } from './slices.ts'
import type { GatewayIdentity } from './status.ts'
import { TieRoutes } from './tie-routes.ts'
import type { TimelineKeeper } from './timeline/keeper.ts'
import { orderHappening } from './timeline/orders.ts'
import type { ToldWarning } from './warnings.ts'

/** What orders go by. */
export interface OrderSources {
  readonly context: ActorContext<InspectorPeers>
  readonly gatherer: SliceGatherer
  readonly timeline: TimelineKeeper
  /** As configured now. */
  identity(): GatewayIdentity
  /** `all`: with every node that is known, whoever leads. */
  statusOf(gathered: Gathered, all?: boolean): GatewayStatus
  warningsIn(gathered: Gathered): readonly ToldWarning[]
}

type Order = (query: URLSearchParams) => Promise<Answer>

/** What of an order's query its line in the log has. */
const ORDER_WORDS = ['node', 'client', 'instance', 'timeoutMs', 'force', 'check'] as const
const ORDER_TOLD_CHARACTERS = 200
const MAINTENANCE_MOST_MS = 24 * 60 * 60_000
const LONGEST_STALL_MS = 60_000
/** Reading the configuration takes a thread that has to start, and the actors a second to confirm. */
const RELOAD_PATIENCE_MS = 20_000
const RELOAD_LOOK_EVERY_MS = 20

/** What is on the control socket only, by path: orders, which are POST, and test hooks; the supervisor refuses those unless they are enabled. */
export class OrderRoutes {
  readonly #sources: OrderSources
  readonly #ask: ReturnType<typeof askerOf>
  readonly #ties: TieRoutes
  readonly posted: ReadonlyMap<string, Order> = new Map<string, Order>([
    ['/failover', (query) => this.#failover(query)],
    ['/announce', () => this.#announce()],
    ['/drain', (query) => this.#drain(query, { draining: true, maintMs: null })],
    ['/undrain', (query) => this.#drain(query, { draining: false, maintMs: null })],
    ['/maint', (query) => this.#maint(query)],
    ['/forget', (query) => this.#forget(query)],
    ['/assign', (query) => this.#ties.assign(query)],
    ['/unassign', (query) => this.#ties.unassign(query)],
    ['/reload', (query) => this.#reload(query.get('check') === '1')],
  ])
  readonly hooks: ReadonlyMap<string, Order> = new Map<string, Order>([
    ['/test/crash', (query) => this.#hook(query, (supervisor, actor) => supervisor.crash(actor))],
    ['/test/stall', (query) => this.#stall(query)],
  ])

  constructor(sources: OrderSources) {
    this.#sources = sources
    this.#ask = askerOf(sources.context)
    this.#ties = new TieRoutes(sources)
  }

  /** Carries an order out, and tells log and timeline of it with who gave it; `by` for people. */
  async give(url: URL, order: Order, by: string): Promise<Answer> {
    const answer = await order(url.searchParams)
    const words = [url.pathname.slice(1), ...ORDER_WORDS.flatMap((name) => url.searchParams.get(name) ?? [])]
    const happening = answer.status === 200 ? orderHappening(url, by) : undefined
    if (happening !== undefined) this.#sources.timeline.tell(happening)
    const outcome = answer.status === 200 ? 'given' : 'refused'
    const line = legible(`order: ${words.join(' ').slice(0, ORDER_TOLD_CHARACTERS)}, ${outcome}, by ${by}`)
    this.#sources.context.log(answer.status === 200 ? 'info' : 'warn', line)
    return answer
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
    return this.#orderOfNode(query, planPresent, (discovery, address) => discovery.drain(address, wish))
  }

  #forget(query: URLSearchParams): Promise<Answer> {
    return this.#orderOfNode(query, planForget, (discovery, address) => discovery.forget(address))
  }

  /** Discovery is told of the node that is named, where the plan allows it. */
  async #orderOfNode(
    query: URLSearchParams,
    planOf: typeof planPresent,
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
}
