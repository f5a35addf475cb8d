import type { CancelTimer, Clock } from '../../../runtime/ports/host/clock.ts'
import type { JournalFile } from '../../../runtime/ports/process/journal-file.ts'
import type { Result } from '../../../runtime/ports/result.ts'
import type { TimelineEntry } from '../messages.ts'
import { entriesIn, lineOf } from './entry-lines.ts'
import { TIMELINE_KEPT } from './timeline.ts'

/** Lines in the file, beyond which it is made anew of the entries that are kept. */
const LINES_MAX = 2 * TIMELINE_KEPT
/** What is longer is read from there on. */
const READ_MAX_BYTES = 4 * 1024 * 1024
/** A disk that stands still must not hold up the start, or the stop. */
const PATIENCE_MS = 1000
const TRY_AGAIN_MS = 60_000

export interface JournalParts {
  readonly path: string
  readonly file: JournalFile
  readonly clock: Pick<Clock, 'setTimer'>
  log(level: 'info' | 'warn', line: string): void
  /** All that are kept, oldest first. */
  entries(): readonly TimelineEntry[]
}

/**
 * The timeline's file. One write at a time; what comes meanwhile waits for the next. While it cannot be written the timeline goes on
 * without it: that is said once, and the whole of it is written when it can be.
 */
export class Journal {
  readonly #parts: JournalParts
  #waiting: TimelineEntry[] = []
  #linesInFile = 0
  /** The file is not what it should be: all is written anew. */
  #isStale = false
  #writing: Promise<void> | undefined
  #cancelRetry: CancelTimer | undefined
  #problem: string | null = null

  constructor(parts: JournalParts) {
    this.#parts = parts
  }

  /** Why the file is not written; null: it is. */
  get problem(): string | null {
    return this.#problem
  }

  /** The entries of before; none where the file cannot be read. */
  async read(): Promise<readonly TimelineEntry[]> {
    const { file, path } = this.#parts
    const read = await this.#within(file.read(path, READ_MAX_BYTES))
    if (!read.ok) this.#failed(read.reason)
    const text = read.ok ? read.value : ''
    const entries = entriesIn(text)
    this.#linesInFile = text.split('\n').length - 1
    // A line that was cut off would take the next one with it.
    if (this.#linesInFile !== entries.length || (text !== '' && !text.endsWith('\n'))) this.#isStale = true
    return entries
  }

  add(entry: TimelineEntry): void {
    this.#waiting.push(entry)
    // The file stands still: by then all that waits has been pushed out of the timeline.
    if (this.#waiting.length > TIMELINE_KEPT) this.#waiting.shift()
    this.#write()
  }

  /** What waits is written, as far as that can be in time. */
  async stop(): Promise<void> {
    this.#cancelRetry?.()
    await this.#within(this.#flushed())
  }

  async #flushed(): Promise<Result> {
    while (this.#writing !== undefined) await this.#writing
    return { ok: true, value: undefined }
  }

  #write(): void {
    if (this.#writing !== undefined || this.#cancelRetry !== undefined || this.#waiting.length === 0) return
    this.#writing = this.#writeWaiting().finally(() => {
      this.#writing = undefined
      this.#write()
    })
  }

  async #writeWaiting(): Promise<void> {
    const { file, path } = this.#parts
    const fresh = this.#waiting
    this.#waiting = []
    const isAnew = this.#isStale || this.#linesInFile + fresh.length > LINES_MAX
    const lines = isAnew ? this.#parts.entries() : fresh
    const text = lines.map(lineOf).join('')
    const written = await (isAnew ? file.replace(path, text) : file.append(path, text))
    if (!written.ok) {
      this.#waiting = [...fresh, ...this.#waiting].slice(-TIMELINE_KEPT)
      return this.#failed(written.reason)
    }
    this.#isStale = false
    this.#linesInFile = isAnew ? lines.length : this.#linesInFile + lines.length
    if (this.#problem === null) return
    this.#problem = null
    this.#parts.log('info', `timeline: is kept in ${path} again`)
  }

  #failed(reason: string): void {
    const { clock, log, path } = this.#parts
    if (this.#problem === null) log('warn', `timeline: cannot be kept in ${path}, so a restart forgets it: ${reason}`)
    this.#problem = reason
    // Of what was written the half may be there.
    this.#isStale = true
    this.#cancelRetry?.()
    this.#cancelRetry = clock.setTimer(TRY_AGAIN_MS, () => {
      this.#cancelRetry = undefined
      this.#write()
    })
  }

  #within<Value>(call: Promise<Result<Value>>): Promise<Result<Value>> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.setTimer(PATIENCE_MS, () =>
        resolve({ ok: false, code: 'ETIMEDOUT', reason: `the disk did not answer within ${PATIENCE_MS} ms` }),
      )
      void call.then((result) => {
        cancel()
        resolve(result)
      })
    })
  }
}
