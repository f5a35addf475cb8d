import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** Who waits long asks less often, since asking costs the gateways CPU; so it hears of it a tenth later at most. */
const waitedPerPause = 10
const pauseMs = { least: 50, most: 250 }

/**
 * Asks again and again until it holds, every `everyMs` where that is given.
 *
 * @throws Error that says what was waited for, after `withinMs`
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
  what: string | (() => string),
  everyMs?: number,
): Promise<void> {
  const start = performance.now()
  while (!(await holds())) {
    const waitedMs = performance.now() - start
    if (waitedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
    await pause(everyMs ?? Math.min(Math.max(waitedMs / waitedPerPause, pauseMs.least), pauseMs.most))
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
