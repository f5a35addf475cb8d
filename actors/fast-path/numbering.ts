/** Marks outlive a process in the maps that go on (`kept-maps.ts`): whoever had one is given it again, whatever row it has in the table by now. */
import type { ForwardingMessage, ForwardingNode } from './messages.ts'

export interface Numbering {
  /** Marks in the maps, by MAC. */
  readonly found: ReadonlyMap<string, number>
  /** Marks of the nodes of now, by address. */
  readonly given: ReadonlyMap<string, number>
}

/** Nothing was found: everybody has the mark of its row. */
export const UNNUMBERED: Numbering = { found: new Map(), given: new Map() }

/** A group may have 64 nodes, and as many marks may be in the maps. */
const LAST_MARK = 254

/** The group with those marks. */
export function renumbered(
  group: ForwardingMessage,
  { found, given }: Numbering,
  ownMac: string | undefined,
): { readonly group: ForwardingMessage; readonly numbering: Numbering } {
  const marks = new Map<string, number>()
  const used = new Set<number>()
  const give = ({ address }: ForwardingNode, mark: number | undefined) => {
    if (mark === undefined || marks.has(address) || used.has(mark)) return
    marks.set(address, mark)
    used.add(mark)
  }
  for (const node of group.nodes) give(node, given.get(node.address))
  for (const node of group.nodes) give(node, found.get(node.self ? (ownMac ?? node.mac) : node.mac))
  const reserved = new Set(found.values())
  for (const node of group.nodes) if (!reserved.has(node.mark)) give(node, node.mark)
  for (const node of group.nodes) give(node, unusedMark(used, reserved))
  const numbering = { found, given: marks }
  if (group.nodes.every(({ address, mark }) => marks.get(address) === mark)) return { group, numbering }
  const byRow = new Map(group.nodes.map(({ address, mark }) => [mark, marks.get(address) ?? mark]))
  const markOf = (row: number): number => {
    const mark = byRow.get(row) ?? (used.has(row) ? unusedMark(used, reserved) : row)
    used.add(mark)
    byRow.set(row, mark)
    return mark
  }
  const nodes = group.nodes.map((node) => ({ ...node, mark: marks.get(node.address) ?? node.mark }))
  const slots = group.slots.map((row) => (row === 0 ? 0 : markOf(row)))
  const tied = group.tied.map(({ client, mark }) => ({ client, mark: markOf(mark) }))
  return { group: { ...group, nodes, slots, tied }, numbering }
}

function unusedMark(used: ReadonlySet<number>, reserved: ReadonlySet<number>): number {
  const isFree = (mark: number) => !used.has(mark) && !reserved.has(mark)
  const all = Array.from({ length: LAST_MARK }, (_, index) => index + 1)
  return all.find(isFree) ?? all.find((mark) => !used.has(mark)) ?? LAST_MARK
}
