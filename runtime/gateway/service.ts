import type { InspectionEvent } from '../actor-system/inspection/inspection.ts'
import { PING_INTERVAL_MS } from '../actor-system/supervision/watchdog.ts'
import type { Clock } from '../ports/host/clock.ts'
import type { ServiceManager } from '../ports/process/service-manager.ts'
import type { ConnectionTable } from '../table/connection-table.ts'
import { MAX_NODES } from '../table/layout.ts'

/** A part that runs gives a sign of life every second, or every other where it has nothing to do: two missed ones count. */
const AWAKE_MS = 3 * PING_INTERVAL_MS
/** Below this a gateway in which all is well could be ended: its keep-alives come with the looks at its threads. */
export const LEAST_WATCHDOG_MS = 4 * PING_INTERVAL_MS

const ELECTOR = /^elector(-|$)/
/** Of an elector that was not heard yet. */
const INIT = 'INIT'

/** What a gateway tells of itself to who has started it, and by what it knows it. */
export interface ServiceParts {
  readonly manager: ServiceManager
  readonly clock: Clock
  /** Of the virtual routers that there are now: the names of their electors, and their own. */
  electors(): readonly { readonly actor: string; readonly instance: string }[]
  /** Nodes that are there. */
  nodeCount(): number
  /** It is ready, and so it stands. Called once. */
  ready(text: string): void
}

/**
 * The gateway as a service: when it is ready, whether it lives, what it does. Pure but for the manager that is told.
 *
 * - It is ready when every actor has started (sockets open, the control socket answers) and every virtual router takes part in its
 *   election, or is in FAULT, which is said in the text.
 * - It lives as long as its electors give signs of life. Those are looked for by the main thread, so that it is kept alive by both.
 * - The text is told at those looks, when it has changed: once a second at most.
 */
export class Service {
  readonly #parts: ServiceParts
  readonly #states = new Map<string, string>()
  #phase: 'starting' | 'ready' | 'reloading' | 'stopping' = 'starting'
  #haveStarted = false
  #told = ''

  constructor(parts: ServiceParts) {
    this.#parts = parts
  }

  /** To be told every event of every actor. */
  observe(event: InspectionEvent): void {
    // One that joins while the gateway runs is heard before a reload is over, and counts from then on.
    if (!ELECTOR.test(event.actor)) return
    if (event.type === 'state') this.#states.set(event.actor, event.to)
    if (event.type === 'spawned' || event.type === 'stopped') this.#states.delete(event.actor)
    this.#begin()
  }

  /** Every actor has started. */
  started(): void {
    this.#haveStarted = true
    this.#begin()
  }

  /** After each look at the threads. `silentMs`: for how long an actor has given no sign of life; Infinity: it does not run. */
  looked(silentMs: (actor: string) => number): void {
    if (this.#phase === 'starting' || this.#phase === 'stopping') return
    const { manager } = this.#parts
    const isAlive = this.#parts.electors().every(({ actor }) => silentMs(actor) < AWAKE_MS)
    const keepAlive = isAlive && manager.watchdogMs !== null ? ['WATCHDOG=1'] : []
    const text = this.#text()
    const status = text === this.#told ? [] : [`STATUS=${text}`]
    this.#told = text
    if (keepAlive.length + status.length > 0) manager.notify(...keepAlive, ...status)
  }

  reloading(): void {
    if (this.#phase !== 'ready') return
    this.#phase = 'reloading'
    // By it systemd tells this reload from an earlier one.
    const monotonicUs = Math.floor(this.#parts.clock.nowMs() * 1000)
    this.#parts.manager.notify('RELOADING=1', `MONOTONIC_USEC=${monotonicUs}`)
  }

  reloaded(): void {
    if (this.#phase !== 'reloading') return
    this.#phase = 'ready'
    this.#parts.manager.notify('READY=1')
  }

  /** `withinMs`: how long that may take, whatever the service manager allows by itself. */
  stopping(withinMs: number): void {
    if (this.#phase === 'stopping') return
    this.#phase = 'stopping'
    this.#parts.manager.notify('STOPPING=1', `EXTEND_TIMEOUT_USEC=${withinMs * 1000}`, 'STATUS=stopping')
  }

  #begin(): void {
    if (this.#phase !== 'starting' || !this.#haveStarted) return
    if (this.#parts.electors().some(({ actor }) => this.#stateOf(actor) === INIT)) return
    this.#phase = 'ready'
    this.#told = this.#text()
    this.#parts.manager.notify('READY=1', `STATUS=${this.#told}`)
    this.#parts.ready(this.#told)
  }

  #stateOf(actor: string): string {
    return this.#states.get(actor) ?? INIT
  }

  #text(): string {
    const electors = this.#parts.electors()
    const roles = electors.map(({ actor, instance }) => {
      const state = this.#stateOf(actor)
      return electors.length === 1 ? state : `${instance} ${state}`
    })
    const nodes = this.#parts.nodeCount()
    return `${roles.join(', ')}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  }
}

/** The nodes of a table that are heard. */
export function nodesThere(table: ConnectionTable): number {
  const states = Array.from({ length: MAX_NODES }, (_, index) => table.node(index)?.state)
  return states.filter((state) => state !== undefined && state !== 'stale').length
}
