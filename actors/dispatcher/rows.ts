import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import { countSlots } from './slots.ts'
import { type DispatcherState, indexOfAddress, type Progress } from './state.ts'

/**
 * Writes the rows that are not in the table as they should be. A row stays where it is; a new node gets a row that was never
 * used, else one of a node that is neither known nor owns a slot. Where there is none it stays out, with a warning.
 */
export function withRows(progress: Progress, nodes: readonly NodeSetting[]): Progress {
  return nodes.reduce(withRow, progress)
}

function withRow(progress: Progress, node: NodeSetting): Progress {
  const { state, effects } = progress
  const existing = indexOfAddress(state, node.address)
  const index = existing >= 0 ? existing : vacantRow(state)
  const row = state.rows[index]
  if (row === undefined) {
    const text = `no room in the table for node ${node.address}`
    return { effects, state: { ...state, warnings: [warning('no-room', node.address, text)] } }
  }
  if (
    row?.address === node.address &&
    row.state === node.state &&
    row.weight === node.weight &&
    row.failing === node.failing &&
    row.resets === node.resets
  )
    return progress
  return {
    state: { ...state, rows: state.rows.with(index, node) },
    effects: [...effects, { type: 'writeNode', index, node }],
  }
}

/** Who owns slots, and how many. */
export function slotsByOwner({ slots, rows }: DispatcherState): ReadonlyMap<string, number> {
  const counts = countSlots(slots, rows.length)
  return new Map(
    rows.flatMap((row, index) => (row !== null && counts[index]! > 0 ? [[row.address, counts[index]!]] : [])),
  )
}

/** -1 when every row is needed. */
function vacantRow(state: DispatcherState): number {
  const unused = state.rows.indexOf(null)
  if (unused >= 0) return unused
  const counts = countSlots(state.slots, state.rows.length)
  // What is open at a node that is gone goes by its row as well.
  const members = new Set([...state.members, ...state.macs].map(({ address }) => address))
  return state.rows.findIndex((row, index) => row !== null && counts[index] === 0 && !members.has(row.address))
}

/** Who has a row and is no member any more takes nobody, whatever a former director thought of it. */
export function goneRows({ rules, macs, rows }: DispatcherState): NodeSetting[] {
  const placed = new Set(rows.map((row) => row?.address))
  return macs
    .filter(({ address, gone }) => gone && placed.has(address))
    .map(({ address, left }): NodeSetting => {
      const resets = rules.resetsOnFailure && !left
      return { address, state: 'stale', weight: 0, ...(resets ? { resets } : {}) }
    })
}
