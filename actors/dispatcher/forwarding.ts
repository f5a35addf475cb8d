import { MAX_NODES } from '../../runtime/table/layout.ts'
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import type { ForwardingMessage, ForwardingNode } from '../fast-path/messages.ts'
import { slotsByOwner } from './rows.ts'
import { movedSlots, type Slots } from './slots.ts'
import { type DispatcherState, isAssigning } from './state.ts'
import { tableTies } from './ties.ts'

/** Whether `forwardingOf` may give something else. */
export const forwardingMoved = (before: DispatcherState, after: DispatcherState): boolean =>
  before.rows !== after.rows ||
  before.generation !== after.generation ||
  before.tied !== after.tied ||
  macsText(before) !== macsText(after) ||
  (before.slots !== after.slots && movedSlots(before.slots, after.slots) > 0)

/**
 * Whether each owner of slots has a MAC. One that discovery has not named to this actor yet, since both have just started, is no reason
 * to stop its clients: until it does, or the slots have other owners, the fast path goes on as it did.
 */
export function knowsOwners(state: DispatcherState): boolean {
  const known = new Set([state.rules.managementIp, ...state.macs.map(({ address }) => address)])
  return [...slotsByOwner(state).keys()].every((address) => known.has(address))
}

/** What the fast path needs to know: slots by marks, and the MAC behind each mark. */
export function forwardingOf(state: DispatcherState): ForwardingMessage {
  const { rows, slots, generation, macs, rules } = state
  const known = new Map(macs.map((node) => [node.address, node]))
  const ofRows = rows.flatMap((row, index): ForwardingNode[] => {
    const self = row?.address === rules.managementIp
    // The fast path itself looks at the interface.
    const place = row === null ? undefined : self ? { mac: '', left: false, gone: false } : known.get(row.address)
    return row === null || place === undefined ? [] : [nodeOf(row, index + 1, place, self, slots)]
  })
  const placed = new Set(rows.map((row) => row?.address))
  const free = rows.map((_, index) => index + 1).filter((mark) => rows[mark - 1] === null)
  const beside = macs.filter(({ address }) => !placed.has(address)).slice(0, free.length)
  const strangers = beside.map(({ address, mac, left, gone }, at): ForwardingNode => {
    const silent = { self: false, takesNew: false, speaks: false, keeps: true } as const
    return { address, mac, left, gone, mark: free.at(-1 - at)!, ...silent }
  })
  return {
    type: 'forwarding',
    generation,
    dealtHere: isAssigning(state),
    nodes: [...ofRows, ...strangers].slice(0, MAX_NODES),
    slots: marksOf(slots),
    tied: tableTies(state.tied, state.rows).map(({ client, node }) => ({ client, mark: node + 1 })),
  }
}

type Place = Pick<ForwardingNode, 'mac' | 'left' | 'gone'>

function nodeOf(
  { address, state, resets }: NodeSetting,
  mark: number,
  { mac, left, gone }: Place,
  self: boolean,
  slots: Slots,
): ForwardingNode {
  const speaks = state === 'ok' || state === 'draining' || state === 'failure'
  // One that drains keeps the slots that it has for a moment where others deal them, and for good where no other node works.
  const takesNew = state === 'ok' || (state === 'draining' && slots.includes(mark - 1))
  return { address, mark, mac, self, takesNew, speaks, keeps: resets !== true, left: left && !speaks, gone }
}

const marksOf = (slots: Slots): Uint8Array => slots.map((owner) => (owner < MAX_NODES ? owner + 1 : 0))

const macsText = ({ macs }: DispatcherState): string =>
  macs.map(({ address, mac, left, gone }) => `${address} ${mac} ${left} ${gone}`).join()
