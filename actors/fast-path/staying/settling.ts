import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import type { ClientsOfMessage } from '../../discovery/messages.ts'
import { foldRoles } from '../../elector/messages.ts'
import type { FastPathState } from '../state.ts'
import type { Turn } from '../turn.ts'
import { isReachable } from './reachable.ts'
import { takeMissedMove } from './retelling.ts'

/**
 * Slots have moved. SYNs go to their new owners at once. Who has to stay where it is, its node says by then (`staying.ts`); until then a
 * segment of which nothing is known goes to the former owner: an idle client's, or the end of a handshake. So every node names its clients of
 * such a slot as well, also those whose slot has come to it: they were pinned there.
 *
 * A node that has fallen silent cannot say it, though its host may serve on. What it had goes to it for as long as a pin would, or until it
 * has said it, or its host is dead as well.
 */

/** A busy host may take so long to say who has to stay; and a lost beacon is sent anew. */
const SETTLE_MS = 2000
/** What its kernel, and that of a director that gives way, sent by the slots of before has come by then. */
export const ASK_AGAIN_MS = 1000
/** On its way a word may gain on the one that told of the move. */
const EARLY_MS = 100

/** Slots have moved, or this host has become director while they did: what packets go by are those in force. Every node remembers them. */
export function beginSettling(turn: Turn): void {
  takeMissedMove(turn)
  const { group, slotsInForce, settings } = turn.state
  if (group === null || slotsInForce === null) return
  // Of several moves in a row the oldest owner has the clients of which nobody has heard yet.
  const former = turn.state.former?.slice() ?? new Uint8Array(SLOT_COUNT)
  for (const [slot, mark] of slotsInForce.entries()) {
    if (group.slots[slot] !== mark && former[slot] === 0) former[slot] = mark
  }
  if (former.every((mark) => mark === 0)) return
  turn.change({ former, movedAtMs: turn.nowMs, formerUntilMs: turn.nowMs + settings.pinTimeoutS * 1000 })
  turn.startTimer('settle', SETTLE_MS)
}

/** The kernel goes by the former owners from now on: the time for that begins. */
export function noteSettlingInForce(turn: Turn, before: FastPathState): void {
  if (!isInForce(before) && isInForce(turn.state)) goOnSettling(turn)
}

/** Another director begins to settle anew, and goes by the former owners for as long again. */
export function goOnSettling(turn: Turn): void {
  if (turn.state.former !== null) turn.startTimer('settle', SETTLE_MS)
}

/**
 * A node has said which clients have to stay there, by the slots of now. A second after they moved that is all of them: what is not known now
 * began elsewhere, by way of a director that gives way, and goes by its slot.
 */
export function noteSaid(turn: Turn, { address, all, generation }: ClientsOfMessage): void {
  const { group, former, mute, movedAtMs } = turn.state
  if (mute.has(address)) turn.change({ mute: new Set([...mute].filter((one) => one !== address)) })
  const mark = group?.nodes.find((node) => node.address === address)?.mark
  const isOfNow = generation >= (group?.generation ?? 0) && turn.nowMs >= movedAtMs + ASK_AGAIN_MS - EARLY_MS
  if (mark === undefined || former === null || !(all || isOfNow)) return
  keepFormer(turn, (owner) => owner !== mark)
}

/** Of those former owners nobody is waited for but nodes that cannot say it. */
export function isSettled({ mute, group }: FastPathState, former: Uint8Array | null): boolean {
  const marks = new Set([0, ...(group?.nodes ?? []).flatMap((node) => (mute.has(node.address) ? [node.mark] : []))])
  return former === null || former.every((mark) => marks.has(mark))
}

/** The time is over. While the kernel does not go by the former owners, since it waits for the nodes' words or is busy, it has not begun. */
export function endSettling(turn: Turn): void {
  const { state, nowMs } = turn
  if (!isInForce(state)) {
    goOnSettling(turn)
    return
  }
  const nodes = nowMs < state.formerUntilMs ? (state.group?.nodes ?? []) : []
  const cannotSay = nodes.filter(
    (node) => !node.left && (!node.speaks || state.mute.has(node.address)) && isReachable(state, node),
  )
  const marks = new Set(cannotSay.map(({ mark }) => mark))
  turn.change({ mute: new Set(cannotSay.map(({ address }) => address)) })
  keepFormer(turn, (mark) => marks.has(mark))
  goOnSettling(turn)
}

function keepFormer(turn: Turn, keeps: (mark: number) => boolean): void {
  const { former } = turn.state
  const kept = former?.map((mark) => (keeps(mark) ? mark : 0)) ?? null
  if (kept?.some((mark) => mark !== 0)) {
    // Slots that are the same stay the same array: the ruleset is made by it.
    if (kept.some((mark, slot) => mark !== former?.[slot])) turn.change({ former: kept })
    return
  }
  turn.cancelTimer('settle')
  turn.change({ former: null, mute: new Set() })
}

/** On a host that forwards; another has nothing to wait for. */
function isInForce({ applied, group, roles, hearing }: FastPathState): boolean {
  if (hearing !== null) return false
  if (foldRoles(roles).virtualIps.length === 0 && group?.dealtHere !== true) return true
  return applied !== null && applied.hearing !== true && applied.former !== undefined
}
