import { MAX_NODES } from '../../runtime/table/layout.ts'

/** Connects in a row that fail before a node rests. */
const FAILURES = 3
/** How long it rests at first, and at most: twice as long with each trial. In ticks of 250 ms. */
const FIRST_REST_TICKS = 20
const LONGEST_REST_TICKS = 240
/** Redirects that are told apart; those beyond share. */
const REDIRECTS = 32

/**
 * Which nodes do not answer although they are said to be well: a firewall before the proxy, a route that is gone. Such a node
 * rests, for each redirect by itself: others get its clients, and now and then one is tried with it.
 */
export class NodeRest {
  /** In a row; FAILURES = it rests. */
  readonly #failures = new Uint8Array(MAX_NODES * REDIRECTS)
  readonly #restTicks = new Int32Array(MAX_NODES * REDIRECTS)
  readonly #nextTrial = new Int32Array(MAX_NODES * REDIRECTS)
  /** Another node rests, or one does not any more, since somebody looked last. */
  hasChanged = false

  /** Whether others are to be tried first. Where it is time for a trial, the one who asks is it. */
  rests(node: number, redirectIndex: number, tick: number): boolean {
    const at = placeOf(node, redirectIndex)
    if (this.#failures[at]! < FAILURES) return false
    if (tick < this.#nextTrial[at]!) return true
    this.#restTicks[at] = Math.min(LONGEST_REST_TICKS, this.#restTicks[at]! * 2)
    this.#nextTrial[at] = tick + this.#restTicks[at]!
    return false
  }

  /** A connect did not succeed. */
  failed(node: number, redirectIndex: number, tick: number): void {
    const at = placeOf(node, redirectIndex)
    if (this.#failures[at] === FAILURES) return
    this.#failures[at]! += 1
    if (this.#failures[at]! < FAILURES) return
    this.#restTicks[at] = FIRST_REST_TICKS
    this.#nextTrial[at] = tick + FIRST_REST_TICKS
    this.hasChanged = true
  }

  /** It answered. */
  worked(node: number, redirectIndex: number): void {
    const at = placeOf(node, redirectIndex)
    if (this.#failures[at] === 0) return
    this.hasChanged ||= this.#failures[at] === FAILURES
    this.#failures[at] = 0
  }

  /** The index is another node's now. */
  forget(node: number): void {
    for (let redirectIndex = 0; redirectIndex < REDIRECTS; redirectIndex++) this.worked(node, redirectIndex)
  }

  /** The nodes that rest for a redirect or more. */
  get resting(): readonly number[] {
    const nodes = new Set<number>()
    for (const [at, failures] of this.#failures.entries()) if (failures === FAILURES) nodes.add(at % MAX_NODES)
    return [...nodes]
  }
}

const placeOf = (node: number, redirectIndex: number): number =>
  Math.min(redirectIndex, REDIRECTS - 1) * MAX_NODES + node
