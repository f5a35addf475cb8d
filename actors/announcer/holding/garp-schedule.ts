/** When gratuitous ARP is sent for an address that was taken. */
export interface GarpOptions {
  /** Frames per burst, 1 or more: one may be lost. */
  readonly burstCount: number
  /** Between the frames of a burst, ms, above 0. */
  readonly burstSpacingMs: number
  /**
   * When the burst is repeated, ms after the first, rising. Linux ignores gratuitous ARP within a second of an entry's last
   * change (locktime), so a client that has just asked learns nothing from the first burst.
   */
  readonly repeatAfterMs: readonly number[]
  /** Once more every so often for as long as the addresses are held, ms; null = never. */
  readonly refreshIntervalMs: number | null
}

/** One round of frames, a frame per address. `opens`: the first of its burst, which is the one that is logged. */
export interface Round {
  readonly atMs: number
  readonly opens: boolean
}

/** The rounds that are still to come, in their order. At most `burstCount` x (1 + repeats) of them. */
export type Schedule = readonly Round[]

/** All rounds after the addresses were taken, or were to be announced again, at `nowMs`. */
export function scheduleFrom(garp: GarpOptions, nowMs: number): Schedule {
  const rounds = [0, ...garp.repeatAfterMs].flatMap((startMs) =>
    Array.from({ length: garp.burstCount }, (_, frame) => ({
      atMs: nowMs + startMs + frame * garp.burstSpacingMs,
      opens: frame === 0,
    })),
  )
  // A burst may begin before the one before it is over.
  return rounds.sort((one, other) => one.atMs - other.atMs)
}

/**
 * The rounds due by now as one, since late frames in a heap say no more than one does, and what remains. When nothing
 * remains the refresh goes on.
 */
export function takeDue(
  schedule: Schedule,
  garp: GarpOptions,
  nowMs: number,
): { readonly due: Round | undefined; readonly schedule: Schedule } {
  const passed = schedule.filter(({ atMs }) => atMs <= nowMs)
  const rest = schedule.slice(passed.length)
  const last = passed.at(-1)
  if (last === undefined) return { due: undefined, schedule }
  const due = { atMs: last.atMs, opens: passed.some(({ opens }) => opens) }
  if (rest.length > 0 || garp.refreshIntervalMs === null) return { due, schedule: rest }
  return { due, schedule: [{ atMs: nowMs + garp.refreshIntervalMs, opens: false }] }
}
