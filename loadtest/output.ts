/** What a load test came to, on screen and in files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Columns padded to their widest cell: the first to the left, the others, figures, to the right. */
export function layOut(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** Writes a file, and the folder that it is in. */
export function writeResult(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

export const writeJson = (path: string, content: object): void =>
  writeResult(path, `${JSON.stringify(content, null, 2)}\n`)

/** Writes all that was measured, and says where it is. */
export function saveFigures(path: string, figures: object): void {
  writeJson(path, figures)
  print(`all figures are in ${path}`)
}
