/**
 * Whether anybody looks at single messages: a number of watchers that all threads share, so that an actor nobody looks at pays
 * one atomic load per message.
 */
export class Watching {
  readonly shared: SharedArrayBuffer
  private readonly cells: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.cells = new Int32Array(shared)
  }

  get on(): boolean {
    return Atomics.load(this.cells, 0) > 0
  }

  set watchers(count: number) {
    Atomics.store(this.cells, 0, count)
  }
}
