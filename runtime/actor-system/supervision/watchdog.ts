/** How often each thread's sign of life is looked for; one that gave none is asked for it. */
export const PING_INTERVAL_MS = 1000

/** Silence after which a thread counts as stalled, unless the system says otherwise. */
export const DEFAULT_STALL_MS = 5000

/** An actor, or a pool's task, that is watched. */
export interface Watched {
  readonly name: string
  /** Another number than before whenever its thread has run. */
  readonly signOfLife: number
}

interface Stall {
  readonly name: string
  readonly silentMs: number
}

export interface Findings {
  readonly stalls: readonly Stall[]
  /** Gave no sign since the last tick, maybe because they had nothing to do: to be pinged. */
  readonly quiet: readonly string[]
}

/**
 * Finds the threads that do not answer. It judges only time in which it was awake itself: when its own tick comes late, the
 * whole process was stopped (SIGSTOP, a suspended machine) or the main thread was busy, and nobody could answer; everybody then
 * gets a full period anew.
 */
export class Watchdog {
  private readonly stallMs: number
  private readonly heard = new Map<string, { signOfLife: number; atMs: number }>()
  private lastTickMs: number

  constructor(stallMs: number, nowMs: number) {
    this.stallMs = stallMs
    this.lastTickMs = nowMs
  }

  /** To be called each `PING_INTERVAL_MS`, before the next ping, with all that run now. */
  tick(watched: readonly Watched[], nowMs: number): Findings {
    const late = nowMs - this.lastTickMs >= 2 * PING_INTERVAL_MS
    this.lastTickMs = nowMs
    const stalls: Stall[] = []
    const quiet: string[] = []
    for (const { name, signOfLife } of watched) {
      const heard = this.heard.get(name)
      const isQuiet = heard?.signOfLife === signOfLife
      if (isQuiet) quiet.push(name)
      if (late || heard === undefined || !isQuiet) this.heard.set(name, { signOfLife, atMs: nowMs })
      else if (nowMs - heard.atMs >= this.stallMs) stalls.push({ name, silentMs: nowMs - heard.atMs })
    }
    return { stalls, quiet }
  }

  /** Since when it has given no sign of life, as far as the ticks have seen; Infinity where none has seen it. */
  silentMs(name: string, nowMs: number): number {
    return nowMs - (this.heard.get(name)?.atMs ?? Number.NEGATIVE_INFINITY)
  }

  /** Begins anew with one that is (re)started. */
  forget(name: string): void {
    this.heard.delete(name)
  }
}
