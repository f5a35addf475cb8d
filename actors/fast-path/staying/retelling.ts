import type { ForwardingMessage } from '../messages.ts'
import type { FastPathState } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * Who was away, or has just started, does not know what has moved meanwhile, and when. The others go by the slots of now, and for them a
 * new owner's clients are nothing to be named (`settling.ts`); but who is back may lead a second later, and go by former owners. So for a while
 *
 *      who is back       names all its clients, and takes what it has missed for settled
 *      everybody else    names the clients of those slots that have moved since that node was heard last
 */

/** Two settlings, another director in the middle of the first one, and word of all that. */
const RETOLD_MS = 5000
/** So long before its silence is noticed a node may have heard nothing: by a director that itself has just begun to listen. */
const UNNOTICED_MS = 10_000

/** Of a group as it is heard now. */
export function noteAway(turn: Turn, before: FastPathState): void {
  const { group } = turn.state
  if (group === null) return
  noteMovedSlots(turn, group, before.group)
  const sinceMs = noteSilences(turn, group, before)
  const hasStarted = !isAssigned(before.group) && isAssigned(group)
  const isBack = isCutOff(before.group) && !isCutOff(group) && !group.dealtHere
  if (hasStarted || isBack) retell(turn, 0)
  else if (sinceMs !== null) retell(turn, sinceMs - UNNOTICED_MS)
  noteMissed(turn, before)
}

function noteMovedSlots(turn: Turn, { slots }: ForwardingMessage, before: ForwardingMessage | null): void {
  if (slots === before?.slots) return
  const slotsMovedAtMs = turn.state.slotsMovedAtMs.slice()
  for (const [slot, mark] of slots.entries()) {
    if (!isAssigned(before) || before.slots[slot] !== mark) slotsMovedAtMs[slot] = turn.nowMs
  }
  turn.change({ slotsMovedAtMs })
}

/** Since when those were silent that are heard again; null: nobody was. */
function noteSilences(turn: Turn, { nodes }: ForwardingMessage, before: FastPathState): number | null {
  const spoke = new Set(before.group?.nodes.flatMap(({ address, speaks }) => (speaks ? [address] : [])))
  const awaySinceMs = new Map<string, number>()
  const back: number[] = []
  for (const { self, speaks, address } of nodes) {
    if (self) continue
    const wasAwaySinceMs = before.awaySinceMs.get(address)
    if (!speaks) awaySinceMs.set(address, wasAwaySinceMs ?? (spoke.has(address) ? turn.nowMs : 0))
    else if (wasAwaySinceMs !== undefined) back.push(wasAwaySinceMs)
  }
  turn.change({ awaySinceMs })
  return back.length === 0 ? null : Math.min(...back)
}

function retell(turn: Turn, sinceMs: number): void {
  const { nowMs } = turn
  const { retelling } = turn.state
  const goesOn = nowMs < retelling.untilMs
  turn.change({
    retelling: { sinceMs: goesOn ? Math.min(sinceMs, retelling.sinceMs) : sinceMs, untilMs: nowMs + RETOLD_MS },
  })
}

/** Whether clients of a slot are named for who may not know whose it is. */
export const isRetold = ({ retelling, slotsMovedAtMs }: FastPathState, slot: number, nowMs: number): boolean =>
  nowMs < retelling.untilMs && (slotsMovedAtMs[slot] ?? 0) >= retelling.sinceMs

/** An assignment comes soon after others are heard again, where there is another one. */
function noteMissed(turn: Turn, before: FastPathState): void {
  const { group, retelling } = turn.state
  if (isCutOff(group)) turn.change({ missedMoves: true })
  else if (!isCutOff(before.group) && turn.nowMs >= retelling.untilMs) turn.change({ missedMoves: false })
}

/** Only who cannot speak keeps what was there. What this host deals itself is no older than that. */
export function takeMissedMove(turn: Turn): void {
  const { group, slotsInForce, missedMoves } = turn.state
  if (!missedMoves || group === null) return
  turn.change({ missedMoves: false })
  if (slotsInForce === null || group.dealtHere) return
  const speaking = new Set(group.nodes.flatMap(({ mark, speaks, self }) => (speaks || self ? [mark] : [])))
  turn.change({
    slotsInForce: slotsInForce.map((mark, slot) => (speaking.has(mark) ? (group.slots[slot] ?? 0) : mark)),
  })
}

/** Who owns which slot is known. */
const isAssigned = (group: ForwardingMessage | null): group is ForwardingMessage => (group?.generation ?? 0) > 0

/** It knows others, and hears none of them. */
function isCutOff(group: ForwardingMessage | null): boolean {
  const others = group?.nodes.filter(({ self }) => !self) ?? []
  return others.length > 0 && !others.some(({ speaks }) => speaks)
}
