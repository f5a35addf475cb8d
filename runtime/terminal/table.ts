import { type Colour, cut, type Look, printable, widthOf } from './look.ts'

export interface Column<Row> {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Longer texts are cut. */
  readonly maxWidth?: number
  /** In a terminal that is too narrow for all of them, the column with the highest number goes first; one without stays. */
  readonly yields?: number
  text(row: Row): string
  colour?(row: Row): Colour | undefined
}

/** A column with the texts of all rows. */
interface Filled<Row> {
  readonly column: Column<Row>
  readonly texts: readonly string[]
  readonly width: number
}

const GAP = '  '

/** Lines of an aligned table with a heading; columns are two spaces apart. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { paint, columns: room }: Look,
): readonly string[] {
  const kept = fitting(
    columns.map((column) => filled(column, rows)),
    room,
  )
  const lineOf = (cellOf: (filled: Filled<Row>) => string, colourOf: (column: Column<Row>) => Colour | undefined) => {
    const cells = kept.map((one) => {
      const cell = cellOf(one)
      const padding = ' '.repeat(one.width - cell.length)
      const painted = paint(cell, colourOf(one.column))
      return one.column.align === 'right' ? padding + painted : painted + padding
    })
    return cut(cells.join(GAP).trimEnd(), room)
  }
  return [
    lineOf(
      ({ column }) => column.title,
      () => 'bold',
    ),
    ...rows.map((row, index) =>
      lineOf(
        ({ texts }) => texts[index] ?? '',
        (column) => column.colour?.(row),
      ),
    ),
  ]
}

function filled<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const texts = rows.map((row) => fitted(printable(column.text(row)), column.maxWidth))
  return { column, texts, width: Math.max(column.title.length, ...texts.map(({ length }) => length)) }
}

/** Those that there is room for: the others have given way. */
function fitting<Row>(all: readonly Filled<Row>[], room: number): readonly Filled<Row>[] {
  const width = all.reduce((sum, one) => sum + one.width + GAP.length, -GAP.length)
  const next = all.reduce<Filled<Row> | undefined>((first, one) => {
    const { yields } = one.column
    return yields !== undefined && yields > (first?.column.yields ?? 0) ? one : first
  }, undefined)
  if (width <= room || next === undefined) return all
  return fitting(
    all.filter((one) => one !== next),
    room,
  )
}

/** Two texts at the ends of a line; below each other where there is no room for both. */
export function atBothEnds(left: string, right: string, columns: number): readonly string[] {
  const room = columns - widthOf(left) - widthOf(right)
  if (room === Number.POSITIVE_INFINITY) return [`${left}${GAP}${right}`]
  return room < GAP.length ? [left, right] : [`${left}${' '.repeat(room)}${right}`]
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

/** How many a second: `0.4`, `12`, `1830`; `-` where it is not known. */
export function formatRate(perS: number | null): string {
  if (perS === null) return '-'
  return perS > 0 && perS < 9.95 ? perS.toFixed(1) : String(Math.round(perS))
}

/** `0.05 ms`, `12 ms`; `-` where it is not known. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '-'
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `0 B`, `812 B`, `1.2 kB`, `34 MB`, in powers of 1000; `-` where it is not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '-'
  let size = bytes
  let unit = 0
  for (; size >= 999.5 && unit < UNITS.length - 1; unit++) size /= 1000
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`
}

function fitted(text: string, maxWidth = Number.POSITIVE_INFINITY): string {
  return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}~` : text
}
