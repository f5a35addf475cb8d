import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import type { FastPathState } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * Slots have moved. SYNs go to their new owners at once. Who has to stay where it is, its node says by then (`staying.ts`); until then a
 * segment of which nothing is known goes to the former owner: an idle client's, or the end of a handshake. So every node names its clients of
 * such a slot as well, also those whose slot has come to it: they were pinned there.
 */

/** A busy host may take so long to say who has to stay; and a lost beacon is sent anew. */
const SETTLE_MS = 2000
/** A settling that begins in time, another director in the middle of it, and word of both. */
const YOUNG_MS = 2 * SETTLE_MS + 1000

/** Slots have moved, or this host has become director while they did: what packets go by are those in force. Every node remembers them. */
export function beginSettling(turn: Turn): void {
  const { group, applied } = turn.state
  if (group === null || applied === null) return
  // Of several moves in a row the oldest owner has the clients of which nobody has heard yet.
  const former = turn.state.former?.slice() ?? new Uint8Array(SLOT_COUNT)
  for (const [slot, mark] of applied.slots.entries()) {
    if (group.slots[slot] !== mark && former[slot] === 0) former[slot] = mark
  }
  if (former.every((mark) => mark === 0)) return
  turn.change({ former })
  turn.startTimer('settle', SETTLE_MS)
}

/** Another director begins to settle anew, and goes by the former owners for as long again. */
export function goOnSettling(turn: Turn): void {
  if (turn.state.former !== null) turn.startTimer('settle', SETTLE_MS)
}

/** From its first assignment on a node does not know which slots have just come to it; others may go by their former owners for so long. */
export function beginYoung(turn: Turn, before: FastPathState): void {
  const known = (before.group?.generation ?? 0) > 0
  if (!known && (turn.state.group?.generation ?? 0) > 0) turn.change({ youngUntilMs: turn.nowMs + YOUNG_MS })
}

/** A new director that waits for the nodes' words lets nothing through that goes by former owners: the time for that comes after it. */
export function endSettling(turn: Turn): void {
  if (turn.state.hearing === null) turn.change({ former: null })
  else goOnSettling(turn)
}
