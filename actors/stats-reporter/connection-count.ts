import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { Result } from '../../runtime/ports/result.ts'
import type { ConnectionsOf, HeldConnections, SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import { MAX_HOLDERS } from '../../runtime/wire/beacon/holders.ts'
import type { UpkeepMessage } from '../discovery/messages.ts'
import { CountingBudget } from './counting-budget.ts'

/** What of the options it goes by. */
export interface CountedPlaces {
  readonly proxyPorts: readonly number[]
  readonly servedAddresses: readonly string[]
  /** Who has most of them is wanted as well: in kernel mode, where nobody else sees it. */
  readonly namesHolders: boolean
}

/** What a look came to. */
export interface CountedConnections {
  /** Null where they were not counted this time. */
  readonly connections: number | null
  /** Who has most; null where that is not known this time. */
  readonly held: Pick<HeldConnections, 'holders' | 'all'> | null
  readonly failure: string | null
}

/** Connections that are reset at one look; more wait for the next. */
const RESETS_MAX = 10_000

/**
 * The connections on the proxy ports, counted as often as the budget lets it. While this node drains only those count that have come by
 * way of the group, but these until they are over. In kernel mode nobody waits for who has come to this node's own address; in workers mode
 * the forwarders come there, from whichever address their hosts have.
 */
export class ConnectionCount {
  readonly #sockets: SocketTable
  readonly #clock: Clock
  readonly #budget = new CountingBudget()
  #places: CountedPlaces
  #upkeep: Omit<UpkeepMessage, 'type'> = { draining: false, resets: false, group: [] }
  /** Of the last count. */
  #failure: string | null = null
  #resetFailure: string | null = null

  constructor(sockets: SocketTable, places: CountedPlaces, clock: Clock) {
    this.#sockets = sockets
    this.#clock = clock
    this.#places = places
  }

  /** Counts on the proxy ports of these from now on. */
  count(places: CountedPlaces): void {
    this.#places = places
  }

  /** Counts, and resets, as discovery says. */
  follow(upkeep: UpkeepMessage): void {
    this.#upkeep = upkeep
    this.#budget.renew()
    if (!upkeep.resets) this.#resetFailure = null
  }

  /** For people. */
  get warnings(): readonly Warning[] {
    if (this.#resetFailure === null) return []
    return [warning('reset-refused', null, `what is open at this node cannot be reset: ${this.#resetFailure}`)]
  }

  read(): CountedConnections {
    const startedAtMs = this.#clock.nowMs()
    if (!this.#budget.isDue(startedAtMs)) return { connections: null, held: null, failure: this.#failure }
    const { draining, resets } = this.#upkeep
    if (resets) this.#reset()
    const open = draining ? this.#sockets.open(this.#ofTheGroup()) : undefined
    const held = draining && !this.#places.namesHolders ? undefined : this.#held()
    this.#budget.spent(startedAtMs, this.#clock.nowMs(), draining || resets)
    const failed = [open, held].find((result) => result?.ok === false)
    this.#failure = failed?.ok === false ? failed.reason : null
    const counted = open ?? (held?.ok === true ? { ok: true, value: held.value.count } : undefined)
    return {
      connections: counted?.ok === true ? counted.value : null,
      held: held?.ok === true && this.#places.namesHolders ? held.value : null,
      failure: this.#failure,
    }
  }

  #held(): Result<HeldConnections> {
    const { servedAddresses, namesHolders } = this.#places
    return this.#sockets.holders(this.#proxyPorts(), namesHolders ? servedAddresses : [], MAX_HOLDERS)
  }

  #reset(): void {
    const reset = this.#sockets.reset(this.#ofTheGroup(), RESETS_MAX)
    this.#resetFailure = reset.ok ? null : reset.reason
  }

  #ofTheGroup(): ConnectionsOf {
    return {
      localPorts: this.#proxyPorts(),
      localAddresses: this.#places.servedAddresses,
      peerAddresses: this.#upkeep.group,
    }
  }

  #proxyPorts(): readonly number[] {
    return [...new Set(this.#places.proxyPorts)]
  }
}
