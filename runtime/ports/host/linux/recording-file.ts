import { constants, write } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { FORMER_FILES, type RecordingFile, recordingName } from '../recording-file.ts'

const PRIVATE_FILE = 0o600
const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

/** By libuv's threads: a disk that is slow holds up nobody. */
export function linuxRecordingFile(folder: string, machine: string): RecordingFile {
  const pathOf = (nth: number): string => join(folder, recordingName(machine, nth))
  let file: FileHandle | undefined
  const begin = async (): Promise<void> => {
    const former = file
    file = undefined
    await former?.close()
    for (let nth = FORMER_FILES; nth > 0; nth--) {
      await rename(pathOf(nth - 1), pathOf(nth)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
    file = await open(pathOf(0), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, PRIVATE_FILE)
  }
  /** Some of it at a time, as the disk takes it. */
  const append: RecordingFile['append'] = (bytes, done) => {
    if (file === undefined) {
      process.nextTick(done, Object.assign(new Error('the recording has not begun'), { code: 'EBADF' }))
      return
    }
    write(file.fd, bytes, (error, written) => {
      if (error !== null || written === bytes.length) done(error)
      else append(bytes.subarray(written), done)
    })
  }
  return { begin: (done) => void begin().then(() => done(null), done), append }
}
