import { LOG_LEVELS, type LogLevel } from '../../ports/host/syslog.ts'

/** From which level on an actor's lines are written. Shared with its thread, so that it changes while that runs. */
export class LogThreshold {
  readonly shared: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#cells = new Int32Array(shared)
  }

  set level(level: LogLevel) {
    Atomics.store(this.#cells, 0, LOG_LEVELS.indexOf(level))
  }

  passes(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= Atomics.load(this.#cells, 0)
  }
}
