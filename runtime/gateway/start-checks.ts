/** What is found out of the host before a gateway touches anything of it. Each throws a `GatewayError` where it lacks something. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { isStaleSocket } from '../../actors/inspector/http/control-socket.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { KNOWN_SOCKETS } from '../../config/service-folders.ts'
import { openLinuxNetlink } from '../ports/netlink/linux/netlink.ts'
import { lockInstance } from '../ports/process/linux/instance-lock.ts'
import { checkOwnFolder } from '../ports/process/linux/own-folder.ts'
import { checkPrivileges } from '../ports/process/linux/privileges.ts'
import type { Result } from '../ports/result.ts'
import { type ForwardingMode, forwarderSettings } from './forwarding-mode.ts'
import { GatewayError } from './gateway-error.ts'
import type { GatewayPlace } from './gateway-plan.ts'
import { portsTaken } from './ports-taken.ts'

/** Those below need a capability, unless a sysctl says otherwise. */
const FIRST_ORDINARY_PORT = 1024

/** Beside another gateway, this one would take its virtual IPs and tables for left behind. */
export async function beTheOnlyOne({ control: { socketPath } }: GatewayConfig): Promise<void> {
  checked(lockInstance(socketPath))
  // Throws where a gateway runs that is older than the lock.
  await isStaleSocket(socketPath)
  if (!KNOWN_SOCKETS.includes(socketPath)) return
  // One that was started by hand is not the service's, and has a socket of its own.
  for (const other of KNOWN_SOCKETS) {
    if (other === socketPath) continue
    if (existsSync(other) && !mayAsk(other)) {
      const advice = 'stop it, and remove the file where none runs'
      throw new GatewayError('EADDRINUSE', `${other}: a gateway of another user may run with this socket; ${advice}`)
    }
    await isStaleSocket(other)
  }
}

function mayAsk(socketPath: string): boolean {
  try {
    accessSync(socketPath, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The folder for what outlives a reboot. */
export function checkStateFolder(folder: string | null): void {
  const own = folder === null ? undefined : checkOwnFolder(folder)
  if (own?.ok === false) throw new GatewayError(own.code, `STATE_DIRECTORY: ${own.reason}`)
}

/** The folder of recordings, made where it is not there. */
export function makeRecordingFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException
    throw new GatewayError(code, `--record: ${message}`)
  }
  const own = checkOwnFolder(folder)
  if (!own.ok) throw new GatewayError(own.code, `--record: ${own.reason}`)
}

export function readHost(config: GatewayConfig): Pick<GatewayPlace, 'mac' | 'takenPorts'> {
  const netlink = openLinuxNetlink()
  const device = netlink.ok ? netlink.value.interfaceByName(config.interfaceName) : netlink
  if (netlink.ok) netlink.value.close()
  if (!device.ok) throw new GatewayError(device.code, `interface: ${config.interfaceName}: ${device.reason}`)
  return { mac: device.value.mac, takenPorts: portsTaken() ?? new Set() }
}

/** A gateway that cannot hold its virtual IPs must not become the director of those that can. */
export const checkCapabilities = (): void => checkPermitted([])

/** Nor one that cannot listen for its clients. */
export function checkListening(
  config: GatewayConfig,
  forwarding: ForwardingMode,
  takenPorts: ReadonlySet<number>,
): void {
  const own = forwarding === 'workers' ? forwarderSettings(config, takenPorts).listeners : []
  checkPermitted([...new Set(own.map(({ port }) => port).filter((port) => port < FIRST_ORDINARY_PORT))])
}

function checkPermitted(ports: readonly number[]): void {
  const netlink = openLinuxNetlink()
  const permitted = netlink.ok ? checkPrivileges(netlink.value, ports) : netlink
  if (netlink.ok) netlink.value.close()
  checked(permitted)
}

function checked(result: Result): void {
  if (!result.ok) throw new GatewayError(result.code, result.reason)
}
