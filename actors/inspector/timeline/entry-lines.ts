/** Entries as lines of a file, which may hold anything when it is read. Pure. */
import type { TimelineEntry } from '../messages.ts'
import { TIMELINE_KEPT } from './timeline.ts'

/** Bytes; longer lines are none of ours. */
const LONGEST_LINE = 4096

export const lineOf = (entry: TimelineEntry): string => `${JSON.stringify(entry)}\n`

/**
 * The entries of a file, oldest first, each with a higher number than the one before. What is no entry is left out: a last line that was
 * cut off, or what somebody else wrote there.
 */
export function entriesIn(text: string): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = []
  for (const line of text.split('\n').slice(-2 * TIMELINE_KEPT - 1)) {
    const entry = line.length > LONGEST_LINE ? undefined : parseEntry(line)
    if (entry !== undefined && entry.id > (entries.at(-1)?.id ?? 0)) entries.push(entry)
  }
  return entries.slice(-TIMELINE_KEPT)
}

function parseEntry(line: string): TimelineEntry | undefined {
  try {
    const read = JSON.parse(line) as Partial<Record<keyof TimelineEntry, unknown>> | null
    return read !== null && isEntry(read) ? onlyKnown(read) : undefined
  } catch {
    return undefined
  }
}

const LEVELS: readonly unknown[] = ['info', 'warning', 'failure']

function isEntry(read: Partial<Record<keyof TimelineEntry, unknown>>): read is TimelineEntry {
  const { id, at, node, address, kind, words, level, by } = read
  const isText = [kind, words].every((text) => typeof text === 'string')
  const isTextOrNull = [node, address, by].every((text) => typeof text === 'string' || text === null)
  const isTime = typeof at === 'string' && at.length === ISO_LENGTH && !Number.isNaN(Date.parse(at))
  const isNumber = typeof id === 'number' && Number.isSafeInteger(id) && id > 0 && id < HIGHEST_ID
  return isNumber && isText && isTextOrNull && isTime && LEVELS.includes(level)
}

/** Far from where numbers lose their last digits. */
const HIGHEST_ID = 1e15
const ISO_LENGTH = '2026-01-01T00:00:00.000Z'.length

const onlyKnown = ({ id, at, node, address, kind, words, level, by }: TimelineEntry): TimelineEntry => ({
  id,
  at,
  node,
  address,
  kind,
  words,
  level,
  by,
})
