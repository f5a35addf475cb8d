/** Cells of a link's shared memory: how many envelopes are under way in either direction. */
const CELLS_PER_LINK = 2

/** Which of the two directions of a link. */
export type Direction = 0 | 1

export function createLinkCredits(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS_PER_LINK * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * How many envelopes are under way in one direction of a link. Both ends share the number: the sender adds when it posts, the
 * receiver takes away when it takes. So a sender sees that a mailbox is full without asking, also when its owner is blocked.
 */
export class UnderWay {
  private readonly cells: Int32Array
  private readonly direction: Direction

  constructor(credits: SharedArrayBuffer, direction: Direction) {
    this.cells = new Int32Array(credits)
    this.direction = direction
  }

  get count(): number {
    return Atomics.load(this.cells, this.direction)
  }

  posted(): void {
    Atomics.add(this.cells, this.direction, 1)
  }

  taken(): void {
    Atomics.sub(this.cells, this.direction, 1)
  }
}
