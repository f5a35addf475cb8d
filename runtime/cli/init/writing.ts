/** Writes files whole, or not at all. */
import {
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CliError } from '../env.ts'

export interface NewFile {
  /** Absolute. */
  readonly path: string
  readonly text: string
  readonly mode: number
  /** Whose group it is to be; undefined: that of whoever writes it. */
  readonly group?: number
}

/** Who may read a file with a secret. */
export const secretFor = (group: number | null): Pick<NewFile, 'mode' | 'group'> =>
  group === null ? { mode: 0o600 } : { mode: 0o640, group }

/**
 * Each file is written under another name beside its own, and takes that when all of them are there. Without `overwrite` nothing that is
 * there is replaced, whoever put it there meanwhile. The folder is made where there is none.
 * @throws CliError that says what stood in the way; then nothing is left of it
 */
export function writeFiles(files: readonly NewFile[], overwrite: boolean): void {
  const undo: (() => void)[] = []
  let writing = ''
  try {
    const temporary = files.map(({ path, text, mode, group }) => {
      writing = path
      const made = mkdirSync(dirname(path), { recursive: true })
      if (made !== undefined) undo.unshift(() => removeFolders(dirname(path), made))
      const beside = join(dirname(path), `.${basename(path)}.${process.pid}.new`)
      undo.unshift(() => rmSync(beside, { force: true }))
      writeWhole(beside, text, mode, group)
      return beside
    })
    for (const [index, { path }] of files.entries()) {
      writing = path
      const beside = temporary[index]!
      if (overwrite) renameSync(beside, path)
      else {
        linkSync(beside, path)
        undo.unshift(() => rmSync(path, { force: true }))
        rmSync(beside)
      }
    }
  } catch (error) {
    for (const step of undo) step()
    throw new CliError(reasonOf(writing, error as NodeJS.ErrnoException))
  }
}

function writeWhole(path: string, text: string, mode: number, group: number | undefined): void {
  // What a killed run left under this name is nobody's.
  rmSync(path, { force: true })
  const fd = openSync(path, 'wx', mode)
  try {
    // Before it holds anything.
    if (group !== undefined) fchownSync(fd, process.getuid?.() ?? 0, group)
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** From the deepest up to the first one that was made; one that has got something in it meanwhile stays. */
function removeFolders(deepest: string, first: string): void {
  try {
    for (let folder = deepest; folder.length >= first.length; folder = dirname(folder)) rmdirSync(folder)
  } catch {
    // Not empty.
  }
}

function reasonOf(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EEXIST') return `${path}: is there already; --force replaces it`
  if (code === 'EACCES' || code === 'EPERM')
    return `${path}: permission denied; run this as root, or name another file by --output`
  return `${path}: cannot be written: ${message}`
}
