import { constants } from 'node:fs'
import { type FileHandle, open, readdir, readlink, rename } from 'node:fs/promises'
import { done, type Result, refused } from '../../result.ts'
import { close } from '../../sockets/linux/libc.ts'
import type { JournalFile } from '../journal-file.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants
const OWNER_ONLY = 0o600
const ROOT = 0
const DESCRIPTORS = '/proc/self/fd'

/** Files of this user or root. Through a link, or into a file of another user, nothing is written. */
export const linuxJournalFile: JournalFile = {
  async read(path, mostBytes) {
    await closeLeft(path)
    const read = await opened(path, O_RDONLY, async (file) => {
      const { size } = await file.stat()
      const bytes = Buffer.alloc(Math.min(size, mostBytes))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length)
      return bytes.toString('utf8', 0, bytesRead)
    })
    return !read.ok && read.code === 'ENOENT' ? { ok: true, value: '' } : read
  },

  async append(path, text) {
    const written = await opened(path, O_WRONLY | O_CREAT | O_APPEND, (file) => file.appendFile(text))
    return written.ok ? done : written
  },

  async replace(path, text) {
    const fresh = `${path}.new`
    const written = await opened(fresh, O_WRONLY | O_CREAT | O_TRUNC, async (file) => {
      await file.writeFile(text)
      await file.sync()
    })
    if (!written.ok) return written
    return rename(fresh, path).then(() => done, refusal)
  },
}

/**
 * A thread that ends while it opens a file leaves the descriptor to nobody. Who reads at the start of the next one is the only one in this
 * process that has to do with the file.
 */
async function closeLeft(path: string): Promise<void> {
  const names = await readdir(DESCRIPTORS).catch(() => [])
  for (const name of names) {
    const target = await readlink(`${DESCRIPTORS}/${name}`).catch(() => '')
    if (target.replace(/ \(deleted\)$/, '') === path || target === `${path}.new`) close(Number(name))
  }
}

async function opened<Value>(
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<Value>,
): Promise<Result<Value>> {
  let file: FileHandle | undefined
  try {
    // A pipe in its place shall not hold us.
    file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, OWNER_ONLY)
    const found = await file.stat()
    const isOurs = found.isFile() && (found.uid === process.geteuid?.() || found.uid === ROOT)
    if (!isOurs) return refused('EACCES', `${path} is no file of ours: remove it`)
    return { ok: true, value: await use(file) }
  } catch (error) {
    return refusal(error)
  } finally {
    await file?.close().catch(() => undefined)
  }
}

function refusal(error: unknown): { readonly ok: false; readonly code: string; readonly reason: string } {
  const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
  return { ok: false, code, reason: message }
}
