import { legible } from '../actor-system/inspection/legible-text.ts'
import type { CliEnv } from './env.ts'

/** Colours of the eight that every terminal has. */
const COLOURS = { red: 31, green: 32, yellow: 33, bold: 1 } as const
export type Colour = keyof typeof COLOURS

/** Colours a text, or does not. */
export type Paint = (text: string, colour: Colour | undefined) => string

/** Colours for a terminal, unless its user does not want them (no-color.org); none for a file or a pipe. */
export function painter({ stdout, variables }: CliEnv): Paint {
  const coloured = stdout.isTTY === true && !variables.NO_COLOR && variables.TERM !== 'dumb'
  return (text, colour) => (coloured && colour !== undefined ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text)
}

/** The colour of a state of health. */
export function colourOfState(state: string): Colour | undefined {
  if (state === 'ok' || state === 'running') return 'green'
  if (state === 'failure' || state === 'stopped') return 'red'
  return state === 'stale' || state === 'draining' || state === 'backoff' || state === 'starting' ? 'yellow' : undefined
}

/** Names and log lines come from other hosts, and must not move this terminal's cursor. */
export const printable = legible

export interface Column<Row> {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Longer texts are cut. */
  readonly maxWidth?: number
  text(row: Row): string
  colour?(row: Row): Colour | undefined
}

/** Lines of an aligned table with a heading; columns are two spaces apart. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
): readonly string[] {
  const texts = rows.map((row) => columns.map((column) => fitted(printable(column.text(row)), column.maxWidth)))
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...texts.map((line) => line[index]?.length ?? 0)),
  )
  const lineOf = (cells: readonly string[], row?: Row): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? ''
        const padding = ' '.repeat((widths[index] ?? 0) - cell.length)
        const painted = paint(cell, row === undefined ? 'bold' : column.colour?.(row))
        return column.align === 'right' ? padding + painted : painted + padding
      })
      .join('  ')
      .trimEnd()
  return [lineOf(columns.map(({ title }) => title)), ...texts.map((cells, index) => lineOf(cells, rows[index]))]
}

/** `3 s`, `4 min`, `2 h`, `3 d`: one figure that a person can take in. */
export function formatAge(ms: number): string {
  const s = ms / 1000
  if (s < 100) return `${Math.floor(s)} s`
  if (s < 6000) return `${Math.floor(s / 60)} min`
  return s < 172_800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`
}

/** What is not known is no 0. */
export const figure = (value: number | null): string => (value === null ? '-' : String(value))

/** 0.254 -> `25 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`
}

function fitted(text: string, maxWidth = Number.POSITIVE_INFINITY): string {
  return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}~` : text
}
