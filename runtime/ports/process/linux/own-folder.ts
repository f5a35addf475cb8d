import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { done, type Result, refused } from '../../result.ts'

const WRITABLE_BY_OTHERS = 0o022
/** In such a folder nobody may move or remove what is another's. */
const STICKY = 0o1000
const ROOT = 0
const DEFAULT_OVERFLOW_UID = 65_534

/**
 * Refuses a folder in which somebody else than this user and root may replace or rename files: a link in a file's place sends what
 * this process writes to any other file. The same holds of every folder above it. Where only the owner of a file may move it (/tmp), others can
 * still make files: who opens one there looks whose it is.
 */
export function checkOwnFolder(folder: string): Result {
  try {
    const named = resolve(folder)
    const real = realpathSync(named)
    for (const path of new Set([...withParents(named), ...withParents(real)])) {
      const problem = problemOf(path, path === real)
      if (problem !== undefined) return refused('EACCES', `${path}: ${problem}`)
    }
    return done
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
    return refused(code, code === 'ENOENT' ? `${folder}: there is no such folder; make it` : message)
  }
}

function withParents(path: string): readonly string[] {
  const above = dirname(path)
  return above === path ? [path] : [path, ...withParents(above)]
}

function problemOf(path: string, isItself: boolean): string | undefined {
  const found = lstatSync(path)
  if (!isTrusted(found.uid, !isItself))
    return `belongs to another user (${found.uid}), who could put a file of theirs there`
  if (found.isSymbolicLink() || (found.mode & WRITABLE_BY_OTHERS) === 0) return undefined
  if ((found.mode & STICKY) !== 0) return undefined
  return `others may write to this folder (${modeOf(found)}), and put a file of theirs there; use one of your own, or chmod go-w it`
}

/** `isAbove`: in a user namespace root itself may have no number: its folders are nobody's then. */
function isTrusted(uid: number, isAbove: boolean): boolean {
  return uid === ROOT || uid === process.geteuid?.() || (isAbove && uid === overflowUid())
}

function overflowUid(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/overflowuid', 'utf8'))
  } catch {
    return DEFAULT_OVERFLOW_UID
  }
}

const modeOf = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, '0')
