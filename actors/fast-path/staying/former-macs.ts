import { MAX_GROUP_NODES } from '../../../runtime/wire/group-bounds.ts'
import type { ForwardingMessage } from '../messages.ts'
import type { Turn } from '../turn.ts'

/** What was under way by the old MAC has arrived by then, and every client has heard of the new one. */
const FORMER_MS = 30_000

/** A node has another MAC: what it sent by the one before is still under way, or comes from a director that has yet to hear of its own. */
export function noteFormerMacs(turn: Turn, before: ForwardingMessage | null): void {
  const { group, formerMacs } = turn.state
  const macs = new Map(before?.nodes.map(({ address, mac }) => [address, mac]))
  const former = new Map(formerMacs)
  for (const { self, address, mac } of group?.nodes ?? []) {
    const was = macs.get(address)
    if (!self && was !== undefined && was !== '' && was !== mac) former.set(was, turn.nowMs + FORMER_MS)
  }
  for (const oldest of former.keys()) {
    if (former.size <= MAX_GROUP_NODES) break
    former.delete(oldest)
  }
  if (former.size !== formerMacs.size) turn.change({ formerMacs: former })
}

/** Once a second. */
export function forgetFormerMacs(turn: Turn): void {
  const kept = [...turn.state.formerMacs].filter(([, untilMs]) => turn.nowMs < untilMs)
  if (kept.length < turn.state.formerMacs.size) turn.change({ formerMacs: new Map(kept) })
}
