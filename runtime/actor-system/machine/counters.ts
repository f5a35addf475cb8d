import { HANDLING_CELLS, HandlingTimes } from './handling-times.ts'

/** What is counted for an actor in memory that every thread may look at. */
const FIELDS = ['handled', 'overflowed', 'corrupt', 'turns', 'answeredPing'] as const
type Field = (typeof FIELDS)[number]

function createCounters(): SharedArrayBuffer {
  return new SharedArrayBuffer((FIELDS.length + HANDLING_CELLS) * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * An actor's counters: they outlive its restarts, and its peers add to `overflowed` on its behalf. 32 bits that wrap; read as
 * unsigned.
 */
export class Counters {
  readonly shared: SharedArrayBuffer
  readonly handling: HandlingTimes
  private readonly cells: Int32Array

  constructor(shared: SharedArrayBuffer = createCounters()) {
    this.shared = shared
    this.cells = new Int32Array(shared)
    this.handling = new HandlingTimes(this.cells.subarray(FIELDS.length))
  }

  add(field: Field): void {
    Atomics.add(this.cells, FIELDS.indexOf(field), 1)
  }

  read(field: Field): number {
    return Atomics.load(this.cells, FIELDS.indexOf(field)) >>> 0
  }

  /** Changes whenever the actor's thread has run: for a message or a timer of its own, or to answer the watchdog's ping. */
  get signOfLife(): number {
    return (this.read('turns') + this.read('answeredPing')) >>> 0
  }

  /** The actor's answer to the watchdog: the number of the last ping that it has seen. */
  answer(ping: number): void {
    Atomics.store(this.cells, FIELDS.indexOf('answeredPing'), ping)
  }
}
