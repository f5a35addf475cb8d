/** Where a gateway keeps what is its own: the folders that its service manager has made for it, else those that were always there. Pure. */
import { basename, join } from 'node:path'
import { DEFAULT_SOCKET } from './gateway-config.ts'

/** The name of the control socket in a folder of its own. */
const SOCKET_NAME = basename(DEFAULT_SOCKET)

/** Of the unit that is shipped: RuntimeDirectory=proxyha. */
export const SERVICE_SOCKET = `/run/proxyha/${SOCKET_NAME}`

/** Where a control socket is that no configuration names, as far as a command can know. */
export const KNOWN_SOCKETS: readonly string[] = [DEFAULT_SOCKET, SERVICE_SOCKET]

type Environment = Readonly<Record<string, string | undefined>>

/** Of several (systemd.exec(5): separated by colons) the first. */
const firstFolder = (value: string | undefined): string | null => {
  const [first = ''] = (value ?? '').split(':')
  return first.startsWith('/') ? first : null
}

/** The control socket of a gateway whose configuration names none: a service user can make none beside those of the system. */
export function ownSocket(environment: Environment): string {
  const folder = firstFolder(environment.RUNTIME_DIRECTORY)
  return folder === null ? DEFAULT_SOCKET : join(folder, SOCKET_NAME)
}

/** The folder for what shall outlive a reboot; null: there is none. */
export const stateFolder = (environment: Environment): string | null => firstFolder(environment.STATE_DIRECTORY)

/** Named by the control socket, as the gateway is; beside it where there is no folder for what outlives a reboot. */
export function statePath(socketPath: string, state: string | null, what: 'draining' | 'timeline'): string {
  return state === null ? `${socketPath}.${what}` : join(state, `${basename(socketPath)}.${what}`)
}
