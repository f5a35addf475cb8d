/** How often, and how fast, a crashed actor is started again. */
export interface RestartPolicy {
  /** Restarts within the window; the crash after that escalates. */
  readonly maxRestarts: number
  readonly windowMs: number
  /** The delay before a restart: `first`, doubled with each further restart in the window, at most `max`. */
  readonly backoffMs: { readonly first: number; readonly max: number }
}

/** How a thread is supervised. */
export interface SupervisionRules {
  readonly name: string
  readonly restart: RestartPolicy
  /** How long it may take to stop in order, where that is longer than the patience with all. */
  readonly stopPatienceMs?: number
}

export type RestartDecision =
  | { readonly type: 'restart'; readonly delayMs: number; readonly crashesAtMs: readonly number[] }
  | { readonly type: 'escalate'; readonly reason: string }

/** What to do about a crash now, after the crashes at these moments. */
export function decideRestart(policy: RestartPolicy, crashesAtMs: readonly number[], nowMs: number): RestartDecision {
  const { maxRestarts, windowMs, backoffMs } = policy
  const recent = crashesAtMs.filter((atMs) => nowMs - atMs < windowMs)
  if (recent.length >= maxRestarts) {
    return { type: 'escalate', reason: `more than ${maxRestarts} crashes within ${windowMs / 1000} s` }
  }
  const delayMs = Math.min(backoffMs.max, backoffMs.first * 2 ** recent.length)
  return { type: 'restart', delayMs, crashesAtMs: [...recent, nowMs] }
}
