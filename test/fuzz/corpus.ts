import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('./corpus/', import.meta.url)
/** Of one target; all of them are a few hundred kilobytes. */
export const CORPUS_BYTES_MOST = 8192

const pathOf = (target: string): string => fileURLToPath(new URL(target, folder))

/** The kept inputs of a target: a line each, a JSON text where it is UTF-8 that reads well, else base64. */
export function readCorpus(target: string): readonly Uint8Array[] {
  const path = pathOf(target)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) =>
    line.startsWith('"') ? Buffer.from(JSON.parse(line) as string) : Buffer.from(line, 'base64'),
  )
}

export const writeCorpus = (target: string, inputs: readonly Uint8Array[]): void =>
  writeFileSync(pathOf(target), inputs.map((input) => `${lineOf(input)}\n`).join(''))

function lineOf(input: Uint8Array): string {
  const bytes = Buffer.from(input)
  const text = bytes.toString('utf8')
  const isText = bytes.length > 0 && Buffer.from(text).equals(bytes) && !/[^\n\r\t -\ufffc]|[\u007f-\u009f]/.test(text)
  return isText ? JSON.stringify(text) : bytes.toString('base64')
}
