import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs'
import { done, refused } from '../../result.ts'
import type { DrainMark } from '../drain-mark.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
const ROOT = 0

/** A file, empty, of this user or root. A link, or a file of another user, is none, and nothing is ever written through it. */
export const linuxDrainMark: DrainMark = {
  isSet,
  set(path, draining) {
    try {
      if (!draining) rmSync(path, { force: true })
      else if (!isSet(path)) closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600))
      return done
    } catch (error) {
      const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return refused(code, `${path} is there, and is no mark of ours: remove it`)
      return refused(code, message)
    }
  },
}

function isSet(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && (found.uid === process.geteuid?.() || found.uid === ROOT)
}
