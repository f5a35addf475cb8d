import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import koffi from 'koffi'
import { done, type Result, refused } from '../../result.ts'
import { errnoName, errnoRefusal, lastErrno } from '../../sockets/linux/libc.ts'
import { checkOwnFolder } from './own-folder.ts'

const flock: (fd: number, operation: number) => number = koffi.load(null).func('int flock(int, int)')
const LOCK_EX = 2
const LOCK_NB = 4
const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
/** Somebody removes the file each time we have it. */
const ATTEMPTS = 3

/**
 * Makes this process the only gateway with that control socket, until it ends: whoever is second is refused (`EADDRINUSE`) before it has
 * touched anything. The lock is on a file beside the socket, which stays; the kernel gives it back however the process ends.
 */
export function lockInstance(socketPath: string): Result {
  const folder = checkOwnFolder(dirname(socketPath))
  if (!folder.ok) return refused(folder.code, `control.socket: ${folder.reason}`)
  const path = `${socketPath}.lock`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const locked = lock(path, socketPath)
    if (locked !== 'moved') return locked
  }
  return refused('EBUSY', `${path}: somebody removes it again and again`)
}

function lock(path: string, socketPath: string): Result | 'moved' {
  let fd: number
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
    return refused(code, `${path}: cannot be made: ${message}; check its directory`)
  }
  const { uid } = fstatSync(fd)
  if (uid !== 0 && uid !== process.geteuid?.()) {
    closeSync(fd)
    return refused('EACCES', `${path}: belongs to another user (${uid}); remove it, or take a folder of your own`)
  }
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const errno = lastErrno()
    closeSync(fd)
    return errnoName(errno) === 'EAGAIN'
      ? refused('EADDRINUSE', `${socketPath}: another gateway runs with this control socket; stop it first`)
      : errnoRefusal(path, errno)
  }
  // A lock on a file that is not there any more keeps nobody out.
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return done
  closeSync(fd)
  return 'moved'
}
