/** Events in an operator's words. Pure. */

import type { Happening, InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts'
import { legible } from '../../../runtime/actor-system/inspection/legible-text.ts'
import type { TimelineEntry, TimelineKind } from '../messages.ts'

/** Whom events are about: this node, and the others by their management IPs. */
export interface Names {
  readonly self: { readonly name: string; readonly address: string }
  /** Undefined where it is not known. */
  of(address: string): string | undefined
}

const NAMELESS: Names = { self: { name: 'this node', address: '' }, of: () => undefined }

/** An entry that has no number yet. */
export type Told = Omit<TimelineEntry, 'id'>

/** Characters of an entry; names come from other hosts, and reasons from the operator's programs. */
const LONGEST_WORDS = 300
const LONGEST_NAME = 64

/** The sentence of an event; null: it is internal. */
export function wordsOf(event: InspectionEvent, names: Names = NAMELESS): string | null {
  const happening = happeningOf(event)
  return happening === null ? null : sentenceOf(happening, names)
}

/** The entry of an event; null: it is internal. */
export function entryOf(event: InspectionEvent, names: Names): Told | null {
  const happening = happeningOf(event)
  if (happening === null) return null
  const { kind, level, node, address, by } = happening
  const isSelf = node === undefined && address === undefined
  const name = isSelf ? names.self.name : (node ?? (address === undefined ? undefined : names.of(address)))
  return {
    at: new Date(event.wallMs).toISOString(),
    node: name === undefined ? null : clipped(name, LONGEST_NAME),
    address: isSelf ? names.self.address : (address ?? null),
    // Whoever tells of happenings types them so.
    kind: kind as TimelineKind,
    words: sentenceOf(happening, names),
    level,
    by: by === undefined ? null : clipped(by, LONGEST_NAME),
  }
}

function happeningOf(event: InspectionEvent): Happening | null {
  switch (event.type) {
    case 'happened':
      return event
    case 'crashed': {
      const what = `restarts its ${event.actor}, which crashed: ${event.reason}`
      return { kind: 'actorRestarted', level: 'warning', what }
    }
    case 'escalated': {
      const what = `leaves the group: its ${event.actor} keeps failing: ${event.reason}`
      return { kind: 'stopped', level: 'failure', what }
    }
    case 'spawned':
    case 'stopped':
    case 'restarting':
    case 'stalled':
    case 'state':
    case 'log':
    case 'deadLetter':
    case 'message':
      return null
    default:
      return event satisfies never
  }
}

/** What is said of no node in particular is a sentence already. */
const SENTENCES: ReadonlySet<string> = new Set<TimelineKind>(['warning', 'warningEnded', 'suppressed'])

function sentenceOf({ kind, what, node, address }: Happening, { self, of }: Names): string {
  const known = address === undefined ? self.name : (of(address) ?? address)
  return clipped(SENTENCES.has(kind) ? what : `${node ?? known} ${what}`, LONGEST_WORDS)
}

function clipped(text: string, characters: number): string {
  const line = legible(text)
  return line.length <= characters ? line : `${line.slice(0, characters - 3)}...`
}
