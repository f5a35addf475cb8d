/** A start is over by then, as a rule; nothing breaks where it is not. */
const SETTLED_MS = 1000
/** Between threads, so that they do not all collect at once. */
const SPACING_MS = 50

/**
 * Collects once what a start has left behind in this thread, the `place`-th of the process. A thread that then allocates
 * little would otherwise be minutes on the way through its first collection of the old generation, keep all that it promotes
 * meanwhile, and stop for the end of it while it has adverts to send. Does nothing without `--expose-gc`.
 */
export function collectStartupGarbage(place: number): void {
  setTimeout(() => globalThis.gc?.(), SETTLED_MS + place * SPACING_MS).unref()
}
