/** The files of an import, bounded. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Sources } from './keepalived-tree.ts'

const FILE_BYTES_MAX = 262_144
const INCLUDED_MAX = 32

/** This host's files. What an `include` names is looked for from the folder of the file that has it; wildcards in its last part. */
export const fileSources: Sources = {
  read: readText,
  included(pattern, from) {
    const path = resolve(dirname(from), pattern)
    if (!/[*?[]/.test(basename(path))) return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path]
    return namesIn(dirname(path))
      .filter((name) => matcherOf(basename(path)).test(name))
      .toSorted()
      .slice(0, INCLUDED_MAX)
      .map((name) => join(dirname(path), name))
  },
}

/** A text, or why there is none. */
export function readText(path: string): ReturnType<Sources['read']> {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) return { ok: false, reason: 'is no file' }
    if (facts.size > FILE_BYTES_MAX) return { ok: false, reason: `has more than ${FILE_BYTES_MAX} bytes` }
    return { ok: true, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return { ok: false, reason: 'is not there' }
    return { ok: false, reason: `cannot be read: ${message}` }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** `*` and `?` of a shell; names that begin with a dot are meant by a dot only. */
function matcherOf(pattern: string): RegExp {
  const inside = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${inside}$`)
}
