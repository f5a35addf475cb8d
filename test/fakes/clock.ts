import type { CancelTimer, Clock } from '../../runtime/ports/host/clock.ts'

interface Timer {
  readonly dueMs: number
  /** Breaks ties: timers due at the same moment fire in the order in which they were set. */
  readonly order: number
  /** Undefined once cancelled; the entry is then skipped when its time comes. */
  fire: (() => void) | undefined
}

const earlier = (one: Timer, other: Timer): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)

/**
 * Time that moves only when it is told to. Timers fire in the order of their due times, and those due at the same moment in
 * the order in which they were set. A binary heap, since a simulated day has millions of them.
 */
export class FakeClock implements Clock {
  private readonly heap: Timer[] = []
  private now: number
  private readonly wallStartMs: number
  private nextOrder = 0

  /** `wallStartMs`: what the calendar says at `startMs`; default 2026-01-01T00:00:00Z. */
  constructor(startMs = 0, wallStartMs: number = Date.UTC(2026, 0, 1)) {
    this.now = startMs
    this.wallStartMs = wallStartMs - startMs
  }

  nowMs(): number {
    return this.now
  }

  wallMs(): number {
    return this.wallStartMs + this.now
  }

  setTimer(delayMs: number, fire: () => void): CancelTimer {
    const timer: Timer = { dueMs: this.now + Math.max(0, delayMs), order: this.nextOrder++, fire }
    this.push(timer)
    return () => {
      timer.fire = undefined
    }
  }

  /** When the next timer is due; undefined where none is set. */
  nextDueMs(): number | undefined {
    while (this.heap.length > 0 && this.heap[0]!.fire === undefined) this.pop()
    return this.heap[0]?.dueMs
  }

  /** Goes to the next timer that is due by `untilMs` and fires it; false, and the time stays, where there is none. */
  fireNext(untilMs: number = Number.POSITIVE_INFINITY): boolean {
    const dueMs = this.nextDueMs()
    if (dueMs === undefined || dueMs > untilMs) return false
    const { fire } = this.pop()
    this.now = Math.max(this.now, dueMs)
    fire?.()
    return true
  }

  /** Moves on by `ms`, firing on the way whatever is due, also what was set meanwhile. */
  advance(ms: number): void {
    const untilMs = this.now + ms
    while (this.fireNext(untilMs)) {}
    this.jumpTo(untilMs)
  }

  /** Moves on without firing anything: as a machine does that was suspended. */
  jumpTo(atMs: number): void {
    this.now = Math.max(this.now, atMs)
  }

  private push(timer: Timer): void {
    const { heap } = this
    let index = heap.length
    heap.push(timer)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!earlier(timer, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = timer
  }

  private pop(): Timer {
    const { heap } = this
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child += 1
      if (!earlier(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return top
  }
}
