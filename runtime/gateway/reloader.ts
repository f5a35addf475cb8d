import { isDeepStrictEqual } from 'node:util'
import type { ReloadReport, TimelineHappening } from '../../actors/inspector/messages.ts'
import type { OwnAddresses } from '../../actors/watcher/messages.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { Checked } from '../../config/problems.ts'
import { planReload } from '../../config/reload-plan.ts'
import { reasonOf } from '../actor-system/actor-error.ts'
import type { LogLevel } from '../ports/host/syslog.ts'

/** What a reload does its work by. */
export interface ReloaderParts {
  /** Reads the configuration anew. */
  load(running: GatewayConfig): Promise<Checked<GatewayConfig>>
  /** What of it this gateway cannot do as it runs by this one, beside what nobody can change; null: nothing. */
  refusal(running: GatewayConfig, wanted: GatewayConfig): string | null
  /** The options of every actor, by its name. */
  optionsOf(config: GatewayConfig): ReadonlyMap<string, unknown>
  /** Gives actors other options; resolves with those that have not confirmed it within a bounded time. */
  configure(options: ReadonlyMap<string, unknown>): Promise<readonly string[]>
  /** Takes these actors, which the configuration does not have any more, out of the system. */
  dismiss(actors: readonly string[], running: GatewayConfig): Promise<void>
  /** Lets actors know whom they may send to now. */
  relink(wanted: GatewayConfig): void
  /** Takes these actors, which the configuration has not had until now, in; resolves with why some of them do not run. */
  join(actors: readonly string[], wanted: GatewayConfig): Promise<readonly string[]>
  /** The actors that go by other options only when all others do. */
  configuredLast(wanted: GatewayConfig): ReadonlySet<string>
  /** What of the host goes by the configuration and is no actor's, between those and the last; resolves with what has not come of it. */
  followOnHost(before: GatewayConfig, after: GatewayConfig): Promise<readonly string[]>
  /** A configuration that was to be gone by was refused, for these reasons; the gateway goes on by `running`. */
  refused(running: GatewayConfig, problems: readonly string[]): void
  log(level: LogLevel, line: string): void
  happened(happening: TimelineHappening): void
  /** Of each reload, not of a check alone. */
  began?(): void
  ended?(): void
}

/** Orders whose outcome is kept. */
const REPORTS_KEPT = 16
/** Orders that may wait for one that is under way. */
const MAX_WAITING = 8

/**
 * Brings a gateway that runs to another configuration, all of it or nothing: everything that can be refused is refused before
 * the first actor hears of it, and what follows cannot fail, since an actor that does not run is started with its new options.
 * One order after the other.
 */
export class Reloader {
  readonly #parts: ReloaderParts
  readonly #reports = new Map<number, ReloadReport>()
  #running: GatewayConfig
  #lastOrder = 0
  #waiting = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(running: GatewayConfig, parts: ReloaderParts) {
    this.#running = running
    this.#parts = parts
  }

  /** Begins, or waits for the order before; returns a number by which `report` tells what became of it. */
  order(checkOnly: boolean): number {
    this.#lastOrder += 1
    const order = this.#lastOrder
    if (this.#waiting >= MAX_WAITING) {
      this.#keep(order, refused(['too many reloads are under way; try again when they are done']))
      return order
    }
    this.#waiting += 1
    this.#queue = this.#queue.then(async () => {
      this.#keep(order, await this.#carryOut(checkOnly))
      this.#waiting -= 1
    })
    return order
  }

  /** The host has other addresses than the gateway goes by: goes by these, whatever else its file says by now. */
  relocate(own: OwnAddresses): void {
    if (this.#waiting >= MAX_WAITING) return
    this.#waiting += 1
    this.#queue = this.#queue.then(async () => {
      await this.#relocate({ ...this.#running, ...own }).catch((error: unknown) =>
        this.#parts.log('error', `the host's other addresses are not gone by: ${reasonOf(error)}`),
      )
      this.#waiting -= 1
    })
  }

  async #relocate(wanted: GatewayConfig): Promise<void> {
    const plan = planReload(this.#running, wanted)
    if (!plan.ok || plan.changes.length === 0) return
    const concerned = this.#changeTo(wanted)
    for (const { path, before, after } of plan.changes) {
      this.#parts.log('warn', `${path}: ${before} -> ${after}: the interface has the former no more`)
    }
    await this.#go(wanted, concerned)
  }

  /** What the gateway goes by. */
  get running(): GatewayConfig {
    return this.#running
  }

  /** Null while the order is under way, and where it was forgotten. */
  report(order: number): ReloadReport | null {
    return this.#reports.get(order) ?? null
  }

  #keep(order: number, report: ReloadReport): void {
    this.#reports.set(order, report)
    this.#reports.delete(order - REPORTS_KEPT)
  }

  async #carryOut(checkOnly: boolean): Promise<ReloadReport> {
    if (!checkOnly) this.#parts.began?.()
    const report = await this.#apply(checkOnly).catch((error: unknown) => refused([unforeseen(error)]))
    if (checkOnly) return report
    for (const [level, line] of logLines(report)) this.#parts.log(level, line)
    this.#parts.happened(happeningOf(report))
    this.#parts.ended?.()
    if (report.outcome === 'refused') this.#parts.refused(this.#running, report.problems)
    return report
  }

  async #apply(checkOnly: boolean): Promise<ReloadReport> {
    const loaded = await this.#parts.load(this.#running)
    if (!loaded.ok) return refused(loaded.problems)
    const plan = planReload(this.#running, loaded.value)
    if (!plan.ok) {
      return refused(
        plan.refusals.map(({ path, before, after, reason }) => {
          return `${path}: ${before} -> ${after}: ${reason}`
        }),
      )
    }
    const unheeded = this.#parts.refusal(this.#running, loaded.value)
    if (unheeded !== null) return refused([unheeded])
    const { changes } = plan
    if (changes.length === 0) return { outcome: 'unchanged', changes, problems: [] }
    const concerned = this.#changeTo(loaded.value)
    if (checkOnly) return { outcome: 'possible', changes, problems: [] }
    return { outcome: 'applied', changes, problems: await this.#go(loaded.value, concerned) }
  }

  /** What this configuration comes to; whatever is wrong with it is thrown here, before an actor hears of it. */
  #changeTo(wanted: GatewayConfig): Change {
    const before = this.#parts.optionsOf(this.#running)
    const after = this.#parts.optionsOf(wanted)
    const kept = [...after].filter(([actor]) => before.has(actor))
    const options = kept.filter(([actor, options]) => !isDeepStrictEqual(options, before.get(actor)))
    const last = this.#parts.configuredLast(wanted)
    const gone = [...before.keys()].filter((actor) => !after.has(actor))
    const joined = [...after.keys()].filter((actor) => !before.has(actor))
    return {
      gone,
      first: options.filter(([actor]) => !last.has(actor)),
      joined,
      last: options.filter(([actor]) => last.has(actor)),
    }
  }

  /** What has not come of it; from here on there is no way back. */
  async #go(wanted: GatewayConfig, { gone, first, joined, last }: Change): Promise<readonly string[]> {
    const before = this.#running
    this.#running = wanted
    try {
      if (gone.length > 0) await this.#parts.dismiss(gone, before)
      if (gone.length + joined.length > 0) this.#parts.relink(wanted)
      const unconfirmed = await this.#configure(first)
      const undone = await this.#parts.followOnHost(before, wanted)
      const unstarted = joined.length > 0 ? await this.#parts.join(joined, wanted) : []
      return [...unconfirmed, ...undone, ...unstarted, ...(await this.#configure(last))]
    } catch (error) {
      return [unforeseen(error)]
    }
  }

  async #configure(options: Options): Promise<readonly string[]> {
    if (options.length === 0) return []
    return (await this.#parts.configure(new Map(options))).map((actor) => `${actor} has not confirmed it yet`)
  }
}

type Options = readonly (readonly [actor: string, options: unknown])[]

/** What a configuration comes to, in the order in which it is done. */
interface Change {
  /** Actors. */
  readonly gone: readonly string[]
  readonly first: Options
  readonly joined: readonly string[]
  readonly last: Options
}

/** A mistake of ours, on the main thread: it must cost the reload, not the gateway. */
const unforeseen = (error: unknown): string => `it cannot be carried out: ${reasonOf(error)}`

const refused = (problems: readonly string[]): ReloadReport => ({ outcome: 'refused', changes: [], problems })

function logLines({ outcome, changes, problems }: ReloadReport): readonly (readonly [LogLevel, string])[] {
  const told = changes.map(({ path, before, after }) => ['info', `reload: ${path}: ${before} -> ${after}`] as const)
  const wrong = problems.map((problem) => ['warn', `reload: ${problem}`] as const)
  switch (outcome) {
    case 'applied':
    case 'possible':
      return [...told, ...wrong]
    case 'unchanged':
      return [['info', 'reload: nothing has changed']]
    case 'refused':
      return [...wrong, ['warn', 'reload: refused, nothing was changed']]
    default:
      return outcome satisfies never
  }
}

/** Settings that are named, of many. */
const PATHS_TOLD = 4

function happeningOf({ outcome, changes, problems }: ReloadReport): TimelineHappening {
  const paths = changes.slice(0, PATHS_TOLD).map(({ path }) => path)
  const more = changes.length > PATHS_TOLD ? ` and ${changes.length - PATHS_TOLD} more` : ''
  const [problem] = problems
  if (outcome === 'refused')
    return { kind: 'reload', level: 'warning', what: `refused its new configuration: ${problem}` }
  if (outcome === 'unchanged')
    return { kind: 'reload', level: 'info', what: 'read its configuration: nothing has changed' }
  const what = `goes by another configuration: ${paths.join(', ')}${more}`
  if (problem === undefined) return { kind: 'reload', level: 'info', what }
  return { kind: 'reload', level: 'warning', what: `${what}; ${problem}` }
}
