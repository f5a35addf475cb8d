import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import type { RecordingFile } from '../../ports/host/recording-file.ts'

/** What may wait to be written. */
export const MAX_WAITING_BYTES = 4 << 20
/** A disk that has refused is tried again after that. */
export const REFUSED_MS = 1000

/** In the place of a line: begin a new file. */
const NEW_FILE = Symbol('new file')

/**
 * A machine's recording on its way to the disk. Nobody waits for that: at the bound, and after a refusal, nothing more is taken until a new
 * file can begin.
 */
export class RecordingOutput {
  readonly #file: RecordingFile
  readonly #clock: Clock
  readonly #refused: (reason: string) => void
  #queue: (Buffer | typeof NEW_FILE)[] = []
  #waitingBytes = 0
  #isUnderWay = false
  /** Something was not taken, or not begun yet: what came after it would stand behind a gap. */
  #isBroken = true
  #refusedAtMs = Number.NEGATIVE_INFINITY
  #ended: (() => void) | undefined

  /** `refused`: told once for each refusal. */
  constructor(file: RecordingFile, clock: Clock, refused: (reason: string) => void) {
    this.#file = file
    this.#clock = clock
    this.#refused = refused
  }

  /** A new file that begins with this line; false: not now, as too much waits, or the disk has just refused. */
  begin(line: string): boolean {
    const isTooSoon = this.#clock.nowMs() - this.#refusedAtMs < REFUSED_MS
    // Else a disk that is slow would get one small file after the other, and lose what was before.
    if (isTooSoon || this.#waitingBytes > MAX_WAITING_BYTES / 2) return false
    this.#isBroken = false
    return this.#take(line, [NEW_FILE])
  }

  /** False where it was not taken: a new file has to begin before anything else is. */
  write(line: string): boolean {
    return !this.#isBroken && this.#take(line, [])
  }

  /** Resolves when all is written, or after the patience. */
  end(patienceMs: number): Promise<void> {
    if (!this.#isUnderWay) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel: CancelTimer = this.#clock.setTimer(patienceMs, resolve)
      this.#ended = () => {
        cancel()
        resolve()
      }
    })
  }

  #take(line: string, before: readonly (typeof NEW_FILE)[]): boolean {
    const bytes = Buffer.from(`${line}\n`)
    this.#isBroken = this.#waitingBytes + bytes.length > MAX_WAITING_BYTES
    if (this.#isBroken) return false
    this.#queue.push(...before, bytes)
    this.#waitingBytes += bytes.length
    this.#next()
    return !this.#isBroken
  }

  #next(): void {
    if (this.#isUnderWay) return
    const [first] = this.#queue
    if (first === undefined) {
      this.#ended?.()
      return
    }
    this.#isUnderWay = true
    if (first === NEW_FILE) {
      this.#queue.shift()
      this.#file.begin((error) => this.#done(0, error))
      return
    }
    const end = this.#queue.indexOf(NEW_FILE)
    const bytes = Buffer.concat(this.#queue.splice(0, end < 0 ? this.#queue.length : end) as Buffer[])
    this.#file.append(bytes, (error) => this.#done(bytes.length, error))
  }

  #done(written: number, error: NodeJS.ErrnoException | null): void {
    this.#isUnderWay = false
    this.#waitingBytes -= written
    if (error !== null) {
      this.#queue = []
      this.#waitingBytes = 0
      this.#isBroken = true
      this.#refusedAtMs = this.#clock.nowMs()
      this.#refused(error.message)
    }
    this.#next()
  }
}
