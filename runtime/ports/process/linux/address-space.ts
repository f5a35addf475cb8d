import { readFileSync } from 'node:fs'
import { done, type Result, refused } from '../../result.ts'

/** Of a gateway's threads Node.js reserves some 15 GiB, and uses a few hundred MiB; below this its start ended by a crash of V8. */
const NEEDED_GIB = 12
const GIB = 2 ** 30

/** Refuses a limit (RLIMIT_AS) under which a thread could not be started later: V8 then aborts the process as it stands. */
export function checkAddressSpace(limits = readFileSync('/proc/self/limits', 'utf8')): Result {
  const limit = /^Max address space\s+(\d+)\s/m.exec(limits)?.[1]
  if (limit === undefined || Number(limit) >= NEEDED_GIB * GIB) return done
  const room = (Number(limit) / GIB).toFixed(1)
  return refused(
    'ENOMEM',
    `the address space is limited to ${room} GiB, and Node.js reserves more than ${NEEDED_GIB} GiB for the threads of a gateway, of which it uses little: take the limit off (ulimit -v, LimitAS= of the unit); MemoryMax= bounds what is used`,
  )
}
