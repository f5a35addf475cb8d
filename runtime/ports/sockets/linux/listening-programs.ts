import { readdirSync, readlinkSync } from 'node:fs'
import { parseListeningSockets, textOf } from '../../host/linux/host-files.ts'

/** Processes that are looked through at most. */
const PROCESSES_MAX = 10_000

/** Which processes listen on which ports, in this network namespace; a process that may not be looked at is missing. */
export function listeningProcesses(ports: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<number>> {
  const byInode = new Map<string, number>(
    ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((path) => parseListeningSockets(textOf(path) ?? ''))
      .flatMap(({ port, inode }) => (ports.has(port) ? [[`socket:[${inode}]`, port] as const] : [])),
  )
  const found = new Map<number, Set<number>>()
  for (const pid of namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .slice(0, PROCESSES_MAX)) {
    for (const descriptor of namesIn(`/proc/${pid}/fd`)) {
      const port = byInode.get(linkOf(`/proc/${pid}/fd/${descriptor}`))
      if (port !== undefined) found.set(port, (found.get(port) ?? new Set()).add(Number(pid)))
    }
  }
  return found
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
