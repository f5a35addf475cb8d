import { legible } from '../actor-system/inspection/legible-text.ts'

/** Colours of the eight that every terminal has, and what takes the weight from a text. */
const COLOURS = { red: 31, green: 32, yellow: 33, bold: 1, faint: 2 } as const
export type Colour = keyof typeof COLOURS

/** Colours a text, or does not. */
export type Paint = (text: string, colour: Colour | undefined) => string

/** How what is shown may look. */
export interface Look {
  readonly paint: Paint
  /** No line is longer, in characters; infinite where nothing has to give way. */
  readonly columns: number
}

/** What is known of where it is shown. */
interface Shown {
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number }
  /** Of the environment. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** Below it nothing fits: who claims less is not believed. */
const COLUMNS_MIN = 20
const COLUMNS_MAX = 10_000
/** Of a terminal that does not tell. */
const COLUMNS_USUAL = 80

/** For a terminal, a file or a pipe. */
export const lookOf = (shown: Shown): Look => ({ paint: painter(shown), columns: columnsOf(shown) })

/** Colours for a terminal, unless its user does not want them (no-color.org); none for a file or a pipe. */
export function painter({ stdout, variables }: Shown): Paint {
  const coloured = stdout.isTTY === true && !variables.NO_COLOR && variables.TERM !== 'dumb'
  return coloured ? inColour : plain
}

/** COLUMNS where it is exported, as `watch` does; else that of the terminal. What a script reads has no bound. */
function columnsOf({ stdout, variables }: Shown): number {
  const { COLUMNS: said = '' } = variables
  const wanted = /^\d{1,5}$/.test(said) ? Number(said) : 0
  if (wanted >= COLUMNS_MIN && wanted <= COLUMNS_MAX) return wanted
  if (stdout.isTTY !== true) return Number.POSITIVE_INFINITY
  return stdout.columns !== undefined && stdout.columns >= COLUMNS_MIN ? stdout.columns : COLUMNS_USUAL
}

export const plain: Paint = (text) => text
export const inColour: Paint = (text, colour) =>
  colour === undefined || text === '' ? text : `\u001b[${COLOURS[colour]}m${text}\u001b[0m`

/** The colour of a state of health. */
export function colourOfState(state: string): Colour | undefined {
  if (state === 'ok' || state === 'running') return 'green'
  if (state === 'failure' || state === 'stopped') return 'red'
  return state === 'stale' || state === 'draining' || state === 'backoff' || state === 'starting' ? 'yellow' : undefined
}

/** Names and log lines come from other hosts, and must not move this terminal's cursor. */
export const printable = legible

/** A text in lines of at most so many columns, broken between words; all but the first are indented. */
export function fold(text: string, columns: number, indent = 0): readonly string[] {
  if (text.length <= columns) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= columns || line.trim() === '') {
      line = longer
      continue
    }
    lines.push(line)
    line = `${' '.repeat(indent)}${word}`
  }
  return [...lines, line]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a text
const PAINTED = /(\u001b\[\d+m)/g

/** How many columns a text takes that may be coloured. */
export const widthOf = (line: string): number => line.replaceAll(PAINTED, '').length

/** The line in so many columns: what is beyond them is cut, colours are not. */
export function cut(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  let room = columns - 1
  const parts = line.split(PAINTED).map((part, index) => {
    if (index % 2 === 1) return part
    const kept = part.slice(0, Math.max(0, room))
    const isEnd = room >= 0 && part.length > room
    room -= part.length
    return isEnd ? `${kept}~` : kept
  })
  return parts.join('')
}
