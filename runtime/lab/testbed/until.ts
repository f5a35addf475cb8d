import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** Asks again and again until it holds. @throws Error that says what was waited for, after `withinMs` */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
  what: string | (() => string),
  everyMs = 50,
): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
    await pause(everyMs)
  }
}

/** What tells of its changes, so that nobody has to ask again and again. */
export class Changing {
  readonly #changes = new EventEmitter()

  /** Something has changed. */
  changed(): void {
    this.#changes.emit('change')
  }

  /** Resolves when `holds` does; it is looked at whenever something changed. Resolves with false after `withinMs`. */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(Math.ceil(withinMs))
    while (!holds()) {
      try {
        await once(this.#changes, 'change', { signal })
      } catch {
        return holds()
      }
    }
    return true
  }
}
