import { existsSync, rmSync, writeFileSync } from 'node:fs'
import type { DrainMark } from '../drain-mark.ts'
import { done, refused } from '../result.ts'

/** A file, empty. */
export const linuxDrainMark: DrainMark = {
  isSet: existsSync,
  set(path, draining) {
    try {
      if (draining) writeFileSync(path, '', { mode: 0o600 })
      else rmSync(path, { force: true })
      return done
    } catch (error) {
      const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
      return refused(code, message)
    }
  },
}
