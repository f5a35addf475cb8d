/** A node at this CPU use, or where tasks wait for a CPU for this share of the time (PSI `some`), gets no new clients. */
const HOT_CPU = 0.9
const HOT_PRESSURE = 0.75
/** Below these it is calm, and may be given the clients of others. */
const CALM_CPU = 0.75
const CALM_PRESSURE = 0.5
/** Below this, and without pressure, it has cooled down: it comes back with less of a weight than the one that was too much. */
const COOL_CPU = 0.88
/**
 * It has to be hot for that long, by four reports in a row, which do not come to the millisecond: a peak is no overload, and nodes that
 * are measured at other moments see it at other moments.
 */
const HOT_MS = 2500
/** Calm for that long it has room for the clients of others. */
const ROOM_MS = 2000
/** Cool for that long it is overloaded no more. The sooner, the fewer clients have settled elsewhere that move once again. */
const COOL_MS = 2000
/** An overload lasts at least that long; twice as long as the last one where that ended only lately, up to the most. */
const FIRST_HOLD_MS = 5000
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
  /** Null: it is not hot. */
  readonly hotSinceMs: number | null
  /** Null: it is not calm. */
  readonly calmSinceMs: number | null
  /** Null: it has not cooled down. */
  readonly coolSinceMs: number | null
  /** How long this one lasts at least, or the last one did. */
  readonly holdMs: number
}

export const NEVER_OVERLOADED: Overload = {
  overloaded: false,
  changedAtMs: Number.NEGATIVE_INFINITY,
  hotSinceMs: null,
  calmSinceMs: null,
  coolSinceMs: null,
  holdMs: FIRST_HOLD_MS,
}

const isHot = ({ cpu, pressure }: Heat): boolean => cpu >= HOT_CPU || (pressure ?? 0) >= HOT_PRESSURE

const isCalm = ({ cpu, pressure }: Heat): boolean => cpu < CALM_CPU && (pressure ?? 0) < CALM_PRESSURE

const isCool = ({ cpu, pressure }: Heat): boolean => cpu < COOL_CPU && (pressure ?? 0) < CALM_PRESSURE

/** Whether a node may be given the clients of others. */
export const hasRoom = ({ overloaded, calmSinceMs }: Overload, nowMs: number): boolean =>
  !overloaded && calmSinceMs !== null && nowMs - calmSinceMs >= ROOM_MS

/** Whether a node can go on with the clients of others. */
export const copes = ({ overloaded, hotSinceMs }: Overload): boolean => !overloaded && hotSinceMs === null

/**
 * Begins only where the others have room, and ends late: what relieves a node is that it gets no clients, so its load falls just
 * because it was overloaded. Each relapse is held for longer.
 */
export function nextOverload(before: Overload, heat: Heat, othersHaveRoom: boolean, nowMs: number): Overload {
  const hotSinceMs = isHot(heat) ? (before.hotSinceMs ?? nowMs) : null
  const calmSinceMs = isCalm(heat) ? (before.calmSinceMs ?? nowMs) : null
  const coolSinceMs = isCool(heat) ? (before.coolSinceMs ?? nowMs) : null
  const now = { ...before, hotSinceMs, calmSinceMs, coolSinceMs }
  if (!before.overloaded) {
    const begins = othersHaveRoom && hotSinceMs !== null && nowMs - hotSinceMs >= HOT_MS
    return begins ? beginning(now, nowMs) : now
  }
  const hasCooled = coolSinceMs !== null && nowMs - coolSinceMs >= COOL_MS
  return hasCooled && nowMs - before.changedAtMs >= before.holdMs
    ? { ...now, overloaded: false, changedAtMs: nowMs }
    : now
}

function beginning(before: Overload, nowMs: number): Overload {
  const isRelapse = nowMs - before.changedAtMs < FORGOTTEN_MS
  const holdMs = isRelapse ? Math.min(2 * before.holdMs, LONGEST_HOLD_MS) : FIRST_HOLD_MS
  return { ...before, overloaded: true, changedAtMs: nowMs, holdMs }
}
