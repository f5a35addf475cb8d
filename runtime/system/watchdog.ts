/** How often each Worker is asked for a sign of life. */
export const PING_INTERVAL_MS = 1000

/** Silence after which a Worker counts as stalled, unless the system says otherwise. */
export const DEFAULT_STALL_MS = 5000

/** An actor that is watched: the number of the last ping that it answered. */
export interface Watched {
  readonly name: string
  readonly answered: number
}

export interface Stall {
  readonly name: string
  readonly silentMs: number
}

/**
 * Finds the Workers that do not answer. It judges only time in which it was awake itself: when its own tick comes late, the
 * whole process was stopped (SIGSTOP, a suspended machine) or the main thread was busy, and nobody could answer; everybody then
 * gets a full period anew.
 */
export class Watchdog {
  private readonly stallMs: number
  private readonly heard = new Map<string, { answered: number; atMs: number }>()
  private lastTickMs: number

  constructor(stallMs: number, nowMs: number) {
    this.stallMs = stallMs
    this.lastTickMs = nowMs
  }

  /** To be called each `PING_INTERVAL_MS`, before the next ping, with all that run now. */
  tick(watched: readonly Watched[], nowMs: number): readonly Stall[] {
    const late = nowMs - this.lastTickMs >= 2 * PING_INTERVAL_MS
    this.lastTickMs = nowMs
    const stalls: Stall[] = []
    for (const { name, answered } of watched) {
      const heard = this.heard.get(name)
      if (late || heard === undefined || heard.answered !== answered) {
        this.heard.set(name, { answered, atMs: nowMs })
      } else if (nowMs - heard.atMs >= this.stallMs) {
        stalls.push({ name, silentMs: nowMs - heard.atMs })
      }
    }
    return stalls
  }

  /** Begins anew with an actor that was (re)started. */
  forget(name: string): void {
    this.heard.delete(name)
  }
}
