/** How much the clients open: what they do, and what a gateway that serves them is bounded by. */

/** Addresses that keep connections open; the others only begin new ones. */
export const KEEPING = 20
export const IDLE_OF_EACH = 2
/** A download and the idle ones of each. */
export const KEPT = KEEPING * (1 + IDLE_OF_EACH)
/** A new connection from one address after the other. */
export const FRESH_EVERY_MS = 20
/** SYNs leave 0, 1 and 3 s after the first. */
export const FRESH_PATIENCE_MS = 6000
