import type { GatewayStatus, NodeStatus, ToldStatus } from '../../actors/inspector/messages.ts'
import { type Colour, colourOfState, fold, type Look, printable } from './look.ts'
import {
  atBothEnds,
  type Column,
  figure,
  formatAge,
  formatBytes,
  formatRate,
  formatShare,
  formatTable,
} from './table.ts'
import { formatSince } from './time.ts'

/** Of a verdict. */
export const LEVEL_COLOURS = { ok: 'green', warning: 'yellow', failure: 'red' } as const satisfies Record<
  string,
  Colour
>

/** Does it serve, who leads, what is worst, since when; `wallMs`: now. */
export function verdictLines({ verdict }: ToldStatus, { paint, columns }: Look, wallMs: number): readonly string[] {
  const { level, text, since } = verdict
  const told = fold(printable(text), columns, 2).map((line) => paint(line, LEVEL_COLOURS[level]))
  return [...told.slice(0, -1), ...atBothEnds(told.at(-1) ?? '', `since ${formatSince(since, wallMs)}`, columns)]
}

/** A node as it is always called: whoever reads may know it by either. */
export const titleOf = ({ name, address }: Pick<NodeStatus, 'name' | 'address'>): string =>
  `${printable(name)} (${address})`

/** The same where its address alone is known for certain. */
export function titleOfAddress(address: string, nodes: readonly Pick<NodeStatus, 'name' | 'address'>[]): string {
  const node = nodes.find((one) => one.address === address)
  return node === undefined ? address : titleOf(node)
}

/** The node that was asked, by name and address. */
export function selfTitle({ node, nodes }: GatewayStatus): string {
  const address = nodes.find(({ self }) => self)?.address
  return address === undefined ? printable(node) : titleOf({ name: node, address })
}

/** The nodes of a status: a line for each, as many columns as there is room for. */
export const nodeLines = (nodes: readonly NodeStatus[], look: Look): readonly string[] =>
  formatTable(NODE_COLUMNS, nodes, look)

/** With what holds it back, where that is more than its load: `0!` overloaded, `102+` starts slowly. */
const weightText = ({ weight, overloaded, slowStart }: NodeStatus): string =>
  `${weight}${overloaded ? '!' : ''}${slowStart === null ? '' : '+'}`

/** For people: by an operator's order, or gone, and how. */
function stateText({ state, maint, missing, left }: NodeStatus): string {
  if (missing) return 'missing'
  if (left) return 'left'
  return maint && state === 'draining' ? 'maint' : state
}

/** What a node said last is not so any more where it is gone. */
const ofPresent = ({ missing, left }: NodeStatus, text: string): string => (missing || left ? '-' : text)

/** From this part on a host is worth a look, and from this one it is full. */
const BUSY = 0.75
const FULL = 0.9

function loadColour(share: number): Colour | undefined {
  if (share >= FULL) return 'red'
  return share >= BUSY ? 'yellow' : undefined
}

const NODE_COLUMNS: readonly Column<NodeStatus>[] = [
  { title: ' NODE', maxWidth: 18, text: ({ self, name }) => `${self ? '*' : ' '}${name}` },
  { title: 'ADDRESS', text: ({ address }) => address },
  { title: 'ROLE', text: ({ director }) => (director ? 'director' : 'scanning') },
  {
    title: 'STATE',
    text: stateText,
    colour: ({ state, left }) => (left ? undefined : colourOfState(state)),
  },
  { title: 'SLOTS', align: 'right', yields: 4, text: ({ slots }) => String(slots) },
  { title: 'WEIGHT', align: 'right', yields: 7, text: weightText },
  { title: 'ACTIVE', align: 'right', text: (node) => ofPresent(node, String(node.activeConnections)) },
  { title: 'TOTAL', align: 'right', yields: 9, text: ({ totalConnections }) => figure(totalConnections) },
  {
    title: 'CPU',
    align: 'right',
    yields: 1,
    text: (node) => ofPresent(node, formatShare(node.cpu)),
    colour: ({ cpu }) => loadColour(cpu),
  },
  {
    title: 'MEM',
    align: 'right',
    yields: 8,
    text: (node) => ofPresent(node, formatShare(node.memory)),
    colour: ({ memory }) => loadColour(memory),
  },
  {
    title: 'SEEN',
    align: 'right',
    yields: 3,
    text: ({ lastSeenMs, self }) => (self ? '-' : formatAge(lastSeenMs)),
  },
  {
    title: 'CONN/S',
    align: 'right',
    yields: 2,
    text: (node) => ofPresent(node, formatRate(node.connectionsPerS?.s10 ?? null)),
  },
  {
    title: 'IN/S',
    align: 'right',
    yields: 6,
    text: (node) => ofPresent(node, formatBytes(node.bytesInPerS)),
  },
  {
    title: 'OUT/S',
    align: 'right',
    yields: 5,
    text: (node) => ofPresent(node, formatBytes(node.bytesOutPerS)),
  },
  {
    title: 'FAILED',
    align: 'right',
    yields: 10,
    text: ({ failedConnections }) => figure(failedConnections),
    colour: ({ failedConnections }) => ((failedConnections ?? 0) > 0 ? 'yellow' : undefined),
  },
  { title: 'FROM', yields: 11, text: ({ source }) => source },
]
