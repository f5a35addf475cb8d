/** What `proxyha top` shows: the verdict, the nodes, the actors of the node that was asked. Pure. */
import type { ActorDescription, ToldStatus } from '../../actors/inspector/messages.ts'
import { nodeLines, selfTitle, verdictLines } from '../terminal/group-view.ts'
import { colourOfState, type Look } from '../terminal/look.ts'
import { atBothEnds, type Column, formatAge, formatMs, formatRate, formatTable } from '../terminal/table.ts'

/** What was known at a moment. */
export interface Sample {
  readonly status: ToldStatus
  readonly actors: readonly ActorDescription[]
  /** On the monotonic clock. */
  readonly atMs: number
}

/** With how many messages it handles a second, of late; null: it is too new to say. */
type BusyActor = ActorDescription & { readonly perS: number | null }

/** By what the actors are listed; the first is the default. */
export const ORDERS = ['rate', 'mailbox', 'p99', 'restarts', 'name'] as const
export type ActorOrder = (typeof ORDERS)[number]

/** What a key changes it to. */
export const nextOrder = (order: ActorOrder): ActorOrder =>
  ORDERS[(ORDERS.indexOf(order) + 1) % ORDERS.length] ?? 'rate'

/** In lines; rates are those since the sample `before`. `wallMs`: now. */
export function topLines(
  { status, actors, atMs }: Sample,
  before: Sample | null,
  order: ActorOrder,
  look: Look,
  wallMs: number,
  heading: string,
): readonly string[] {
  const { paint, columns } = look
  const earlier = new Map(before?.actors.map((actor) => [actor.name, actor]))
  const forMs = before === null ? 0 : atMs - before.atMs
  const busy = actors.map((actor) => ({ ...actor, perS: rateOf(actor, earlier.get(actor.name), forMs) }))
  return [
    ...verdictLines(status, look, wallMs),
    ...atBothEnds(`${paint(selfTitle(status), 'bold')} is ${paint(status.role, 'bold')}`, heading, columns),
    '',
    ...nodeLines(status.nodes, look),
    '',
    ...formatTable(COLUMNS, busy.toSorted(COMPARISONS[order]), look),
  ]
}

/** One that was started anew meanwhile has begun to count anew. */
function rateOf({ handled }: ActorDescription, before: ActorDescription | undefined, forMs: number): number | null {
  if (before === undefined || forMs <= 0 || handled < before.handled) return null
  return ((handled - before.handled) * 1000) / forMs
}

const byName = (one: BusyActor, other: BusyActor): number => one.name.localeCompare(other.name)
const most =
  (figureOf: (actor: BusyActor) => number | null | undefined) =>
  (one: BusyActor, other: BusyActor): number =>
    (figureOf(other) ?? -1) - (figureOf(one) ?? -1) || byName(one, other)

const COMPARISONS: Readonly<Record<ActorOrder, (one: BusyActor, other: BusyActor) => number>> = {
  rate: most(({ perS }) => perS),
  mailbox: most(({ mailbox }) => mailbox),
  p99: most(({ handlingMs }) => handlingMs?.p99),
  restarts: most(({ restarts }) => restarts),
  name: byName,
}

const COLUMNS: readonly Column<BusyActor>[] = [
  { title: 'ACTOR', maxWidth: 24, text: ({ name }) => name },
  { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
  { title: 'CLASS', yields: 3, text: ({ scheduling }) => scheduling },
  { title: 'MSG/S', align: 'right', text: ({ perS }) => formatRate(perS) },
  {
    title: 'MAILBOX',
    align: 'right',
    text: ({ mailbox }) => String(mailbox),
    colour: ({ mailbox }) => (mailbox > 0 ? 'yellow' : undefined),
  },
  { title: 'P50', align: 'right', yields: 2, text: ({ handlingMs }) => formatMs(handlingMs?.p50 ?? null) },
  { title: 'P99', align: 'right', text: ({ handlingMs }) => formatMs(handlingMs?.p99 ?? null) },
  {
    title: 'RESTARTS',
    align: 'right',
    text: ({ restarts }) => String(restarts),
    colour: ({ restarts }) => (restarts > 0 ? 'yellow' : undefined),
  },
  {
    title: 'LOST',
    align: 'right',
    text: ({ overflowed }) => String(overflowed),
    colour: ({ overflowed }) => (overflowed > 0 ? 'red' : undefined),
  },
  { title: 'UP', align: 'right', yields: 1, text: ({ upMs }) => formatAge(upMs) },
]
