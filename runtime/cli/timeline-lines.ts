import type { TimelineEntry } from '../../actors/inspector/messages.ts'
import { titleOf } from '../terminal/group-view.ts'
import { type Colour, fold, type Look, printable } from '../terminal/look.ts'
import { formatMoment } from '../terminal/time.ts'

const LEVEL_COLOURS = { info: undefined, warning: 'yellow', failure: 'red' } as const satisfies Record<
  TimelineEntry['level'],
  Colour | undefined
>

/** Behind the time. */
const WORDS_AT = 21

/** An entry of the timeline: when, what, by whose order. Folded where the terminal is narrower. */
export function entryLines(entry: TimelineEntry, { paint, columns }: Look): readonly string[] {
  const { at, level, by } = entry
  const words = `${wordsWithAddress(entry)}${by === null ? '' : ` (by ${by})`}`
  const lines = fold(printable(words), columns - WORDS_AT)
  return lines.map((line, index) => {
    const time = index === 0 ? formatMoment(Date.parse(at)) : ''
    return `${time.padEnd(WORDS_AT)}${paint(line, LEVEL_COLOURS[level])}`
  })
}

/** A sentence calls its node by the name alone. */
function wordsWithAddress({ words, node, address }: TimelineEntry): string {
  if (node === null || address === null || !words.startsWith(`${node} `)) return words
  return `${titleOf({ name: node, address })}${words.slice(node.length)}`
}
