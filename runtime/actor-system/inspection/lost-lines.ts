const OUTPUTS = ['stdout', 'syslog', 'journald'] as const
type Output = (typeof OUTPUTS)[number]

/** Log lines that nobody took, counted where they are written, and read by another thread. 32 bits that wrap; read as unsigned. */
export class LostLines {
  readonly shared: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(shared = new SharedArrayBuffer(OUTPUTS.length * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#cells = new Int32Array(shared)
  }

  /** How many there were until now. */
  note(output: Output, lines: number): void {
    Atomics.store(this.#cells, OUTPUTS.indexOf(output), lines)
  }

  read(): readonly (readonly [Output, number])[] {
    return OUTPUTS.map((output, at) => [output, Atomics.load(this.#cells, at) >>> 0])
  }
}
