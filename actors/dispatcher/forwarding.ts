import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import type { ForwardingMessage, ForwardingNode } from '../fast-path/messages.ts'
import { movedSlots, type Slots } from './slots.ts'
import { type DispatcherState, isAssigning } from './state.ts'

/** Of a group; a node of the table has its row's number + 1, any other one that no row needs. */
const MARKS = 64

/** Whether `forwardingOf` may give something else. */
export const forwardingMoved = (before: DispatcherState, after: DispatcherState): boolean =>
  before.rows !== after.rows ||
  before.generation !== after.generation ||
  macsText(before) !== macsText(after) ||
  (before.slots !== after.slots && movedSlots(before.slots, after.slots) > 0)

/** What the fast path needs to know: slots by marks, and the MAC behind each mark. */
export function forwardingOf(state: DispatcherState): ForwardingMessage {
  const { rows, slots, generation, macs, rules } = state
  const known = new Map(macs.map((node) => [node.address, node]))
  const ofRows = rows.flatMap((row, index): ForwardingNode[] => {
    const self = row?.address === rules.managementIp
    // The fast path itself looks at the interface.
    const place = row === null ? undefined : self ? { mac: '', left: false } : known.get(row.address)
    return row === null || place === undefined ? [] : [nodeOf(row, index + 1, place, self)]
  })
  const placed = new Set(rows.map((row) => row?.address))
  const free = rows.map((_, index) => index + 1).filter((mark) => rows[mark - 1] === null)
  const beside = macs.filter(({ address }) => !placed.has(address)).slice(0, free.length)
  const strangers = beside.map(({ address, mac, left }, at): ForwardingNode => {
    return { address, mac, left, mark: free.at(-1 - at)!, self: false, eligible: false }
  })
  return {
    type: 'forwarding',
    generation,
    dealtHere: isAssigning(state),
    nodes: [...ofRows, ...strangers].slice(0, MARKS),
    slots: marksOf(slots),
  }
}

type Place = Pick<ForwardingNode, 'mac' | 'left'>

function nodeOf({ address, state }: NodeSetting, mark: number, { mac, left }: Place, self: boolean): ForwardingNode {
  const eligible = state === 'ok' || state === 'draining'
  return { address, mark, mac, self, eligible, left: left && !eligible }
}

const marksOf = (slots: Slots): Uint8Array => slots.map((owner) => (owner < MARKS ? owner + 1 : 0))

const macsText = ({ macs }: DispatcherState): string =>
  macs.map(({ address, mac, left }) => `${address} ${mac} ${left}`).join()
