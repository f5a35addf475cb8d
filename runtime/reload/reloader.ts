import { isDeepStrictEqual } from 'node:util'
import type { ReloadReport } from '../../actors/inspector/messages.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { Checked } from '../../config/problems.ts'
import { planReload } from '../../config/reload-plan.ts'
import type { LogLevel } from '../system/machine.ts'

/** What a reload does its work by. */
export interface ReloaderParts {
  /** Reads the configuration anew. */
  load(running: GatewayConfig): Promise<Checked<GatewayConfig>>
  /** The options of every actor, by its name. */
  optionsOf(config: GatewayConfig): ReadonlyMap<string, unknown>
  /** Gives actors other options; resolves with those that have not confirmed it within a bounded time. */
  configure(options: ReadonlyMap<string, unknown>): Promise<readonly string[]>
  log(level: LogLevel, line: string): void
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

  /** Null while the order is under way, and where it was forgotten. */
  report(order: number): ReloadReport | null {
    return this.#reports.get(order) ?? null
  }

  #keep(order: number, report: ReloadReport): void {
    this.#reports.set(order, report)
    this.#reports.delete(order - REPORTS_KEPT)
  }

  async #carryOut(checkOnly: boolean): Promise<ReloadReport> {
    const report = await this.#apply(checkOnly)
    if (!checkOnly) for (const [level, line] of logLines(report)) this.#parts.log(level, line)
    return report
  }

  async #apply(checkOnly: boolean): Promise<ReloadReport> {
    const loaded = await this.#parts.load(this.#running)
    if (!loaded.ok) return refused(loaded.problems)
    const plan = planReload(this.#running, loaded.value)
    if (!plan.ok) {
      return refused(
        plan.refusals.map(({ path, before, after, reason }) => {
          return `${path}: ${before} -> ${after}: not while the gateway runs: ${reason}; restart it`
        }),
      )
    }
    const { changes } = plan
    if (changes.length === 0) return { outcome: 'unchanged', changes, problems: [] }
    if (checkOnly) return { outcome: 'possible', changes, problems: [] }
    const before = this.#parts.optionsOf(this.#running)
    const after = [...this.#parts.optionsOf(loaded.value)]
    this.#running = loaded.value
    const late = await this.#parts.configure(
      new Map(after.filter(([actor, options]) => !isDeepStrictEqual(options, before.get(actor)))),
    )
    return { outcome: 'applied', changes, problems: late.map((actor) => `${actor} has not confirmed it yet`) }
  }
}

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
