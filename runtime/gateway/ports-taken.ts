import { openLinuxSocketTable } from '../ports/sockets/linux/socket-table.ts'

/** Ports on which somebody on this host listens unbound; undefined where the kernel does not tell. */
export function portsTaken(): ReadonlySet<number> | undefined {
  const sockets = openLinuxSocketTable()
  if (!sockets.ok) return undefined
  const listeners = sockets.value.listeners()
  sockets.value.close()
  if (!listeners.ok) return undefined
  const unbound = listeners.value.filter(({ address }) => address === '0.0.0.0' || address === '::')
  return new Set(unbound.map(({ port }) => port))
}
