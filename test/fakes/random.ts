import type { Random } from '../../runtime/ports/host/random.ts'

/**
 * A repeatable source of chance (Mulberry32: 32 bits of state, full period). Good enough to vary a simulation, of no use
 * for secrets.
 */
export class SeededRandom implements Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff)
  }

  /** A generator of its own whose numbers do not depend on how many this one gives out later. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32())
  }
}
