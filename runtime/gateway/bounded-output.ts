import type { CancelTimer, Clock } from '../ports/host/clock.ts'

/** Writes some of the bytes, and says how many; never blocks the caller. */
export type WriteBytes = (
  bytes: Uint8Array,
  told: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void

export interface OutputListener {
  /** Lines are lost from now on, for this reason. Called once for each outage. */
  lost(reason: string): void
  /** It is written again; so many lines were lost meanwhile. */
  recovered(lines: number): void
}

/** What may wait to be written. */
export const MAX_WAITING_BYTES = 1 << 20
/** Of one write. */
const CHUNK_BYTES = 64 * 1024
/** A reader that does not keep up (EAGAIN) is looked at again after that. */
const BUSY_MS = 50
/** So is what refuses to be written to: a disk that is full. */
const REFUSED_MS = 1000
const NEWLINE = 10

/**
 * Lines to a descriptor that may be slow, refuse, or never answer. A reader that stalls and a disk that is full cost lines, never an advert,
 * and never the end of the process: what waits is bounded, new lines are dropped at the bound and counted.
 */
export class BoundedOutput {
  readonly #writeBytes: WriteBytes
  readonly #clock: Clock
  readonly #listener: OutputListener
  readonly #lines: Buffer[] = []
  #waitingBytes = 0
  /** What is being written, or was in part. */
  #chunk: Buffer | undefined
  #linesOfChunk = 0
  /** The last byte that was written ended a line. */
  #atLineStart = true
  #isUnderWay = false
  #cancelRetry: CancelTimer | undefined
  /** Of this outage; undefined while there is none. */
  #lostNow: number | undefined
  #ended: (() => void) | undefined
  /** Lines that were lost. */
  dropped = 0

  constructor(writeBytes: WriteBytes, clock: Clock, listener: OutputListener) {
    this.#writeBytes = writeBytes
    this.#clock = clock
    this.#listener = listener
  }

  /** One line with its newline. */
  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#lose(1, 'it is not read')
      return
    }
    this.#lines.push(bytes)
    this.#waitingBytes += bytes.length
    this.#next()
  }

  /** Resolves when all is written, when it is refused, and at the latest after the patience. */
  end(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(patienceMs, () => this.#ended?.())
      this.#ended = () => {
        cancel()
        resolve()
      }
      if (this.#waitingBytes === 0 || this.#isRefusing) this.#ended()
    })
  }

  /** It did not take what it was given last. */
  get #isRefusing(): boolean {
    return this.#chunk === undefined && this.#cancelRetry !== undefined
  }

  #next(): void {
    if (this.#isUnderWay || this.#cancelRetry !== undefined) return
    this.#chunk ??= this.#takeChunk()
    if (this.#chunk === undefined) {
      this.#ended?.()
      return
    }
    this.#isUnderWay = true
    this.#writeBytes(this.#chunk, (error, written) => {
      this.#isUnderWay = false
      if (error === null) this.#wrote(written)
      else this.#failed(error)
    })
  }

  #takeChunk(): Buffer | undefined {
    let bytes = 0
    let count = 0
    for (const line of this.#lines) {
      if (count > 0 && bytes + line.length > CHUNK_BYTES) break
      bytes += line.length
      count += 1
    }
    if (count === 0) return undefined
    this.#linesOfChunk = count
    const lines = this.#lines.splice(0, count)
    // What was lost may have been half of a line.
    return Buffer.concat(this.#atLineStart ? lines : [Buffer.of(NEWLINE), ...lines])
  }

  #wrote(count: number): void {
    const chunk = this.#chunk
    if (chunk === undefined) return
    if (count > 0) this.#atLineStart = chunk[count - 1] === NEWLINE
    const rest = chunk.subarray(count)
    if (rest.length === 0) this.#forgetChunk()
    else this.#chunk = rest
    this.#recover()
    this.#next()
  }

  #failed(error: NodeJS.ErrnoException): void {
    const isBusy = error.code === 'EAGAIN'
    if (!isBusy) {
      const lines = this.#linesOfChunk
      this.#forgetChunk()
      this.#lose(lines, error.message)
    }
    this.#cancelRetry = this.#clock.setTimer(isBusy ? BUSY_MS : REFUSED_MS, () => {
      this.#cancelRetry = undefined
      this.#next()
    })
    if (!isBusy) this.#ended?.()
  }

  #forgetChunk(): void {
    this.#chunk = undefined
    this.#linesOfChunk = 0
    this.#waitingBytes = this.#lines.reduce((sum, { length }) => sum + length, 0)
  }

  #lose(lines: number, reason: string): void {
    this.dropped += lines
    const isNew = this.#lostNow === undefined
    this.#lostNow = (this.#lostNow ?? 0) + lines
    if (isNew) this.#listener.lost(reason)
  }

  #recover(): void {
    const lines = this.#lostNow
    // While there is no room to speak of, the outage goes on.
    if (lines === undefined || this.#waitingBytes > MAX_WAITING_BYTES / 2) return
    this.#lostNow = undefined
    this.#listener.recovered(lines)
  }
}
