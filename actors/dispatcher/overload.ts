/** A node at this CPU use, or where tasks wait for a CPU for this share of the time (PSI `some`), gets no new clients. */
const HOT_CPU = 0.9
const HOT_PRESSURE = 0.75
/** Below these it is calm; in between it stays what it is. */
const CALM_CPU = 0.75
const CALM_PRESSURE = 0.5
/** It has to be calm for that long. */
const CALM_MS = 5000
/** An overload lasts at least that long; twice as long as the last one where that ended only lately, up to the most. */
const FIRST_HOLD_MS = 10_000
const LONGEST_HOLD_MS = 160_000
/** After so long without an overload the last one is forgotten. */
const FORGOTTEN_MS = 120_000

/** What the overload of a node is judged by; shares are 0..1. */
export interface Heat {
  readonly cpu: number
  readonly pressure: number | null
}

/** Whether a node is overloaded, and what is remembered so that this does not come and go. Times are monotonic. */
export interface Overload {
  readonly overloaded: boolean
  /** When it began, or ended; -Infinity: never. */
  readonly changedAtMs: number
  /** Null unless it is overloaded and calm again. */
  readonly calmSinceMs: number | null
  /** How long this one lasts at least, or the last one did. */
  readonly holdMs: number
}

export const NEVER_OVERLOADED: Overload = {
  overloaded: false,
  changedAtMs: Number.NEGATIVE_INFINITY,
  calmSinceMs: null,
  holdMs: FIRST_HOLD_MS,
}

const isHot = ({ cpu, pressure }: Heat): boolean => cpu >= HOT_CPU || (pressure ?? 0) >= HOT_PRESSURE

/** Whether a node has room for the clients of others. */
export const isCalm = ({ cpu, pressure }: Heat): boolean => cpu < CALM_CPU && (pressure ?? 0) < CALM_PRESSURE

/**
 * Begins at once, since figures come smoothed, and ends late: what relieves a node is that it gets no clients, so its load
 * falls just because it was overloaded. Each relapse is held for longer.
 */
export function nextOverload(before: Overload, heat: Heat, nowMs: number): Overload {
  if (!before.overloaded) return isHot(heat) ? beginning(before, nowMs) : before
  if (!isCalm(heat)) return before.calmSinceMs === null ? before : { ...before, calmSinceMs: null }
  const calmSinceMs = before.calmSinceMs ?? nowMs
  const isOver = nowMs - calmSinceMs >= CALM_MS && nowMs - before.changedAtMs >= before.holdMs
  return isOver ? { ...before, overloaded: false, changedAtMs: nowMs, calmSinceMs: null } : { ...before, calmSinceMs }
}

function beginning({ changedAtMs, holdMs }: Overload, nowMs: number): Overload {
  const isRelapse = nowMs - changedAtMs < FORGOTTEN_MS
  const heldMs = isRelapse ? Math.min(2 * holdMs, LONGEST_HOLD_MS) : FIRST_HOLD_MS
  return { overloaded: true, changedAtMs: nowMs, calmSinceMs: null, holdMs: heldMs }
}
