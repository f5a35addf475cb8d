import { openUnixDatagrams } from '../../sockets/linux/unix-datagrams.ts'
import type { ServiceManager } from '../service-manager.ts'

/** What the service manager says to who it has started, sd_notify(3) and sd_watchdog_enabled(3). */
const OF_THIS_PROCESS = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

/**
 * The service manager that the environment names; undefined where it names none. To be called before anything is started: what is of this process alone is taken out of the
 * environment, so that no program of ours speaks for it.
 */
export function joinServiceManager(environment = process.env): ServiceManager | undefined {
  const [name = '', watchdogUs = '', watchdogPid] = OF_THIS_PROCESS.map((key) => environment[key])
  for (const key of OF_THIS_PROCESS) delete environment[key]
  // Others (vsock:) are for whole machines.
  if (!/^[/@]./.test(name)) return undefined
  const opened = openUnixDatagrams(name.replace(/^@/, '\0'))
  if (!opened.ok) return undefined
  const isOurs = watchdogPid === undefined || watchdogPid === String(process.pid)
  return {
    watchdogMs: isOurs && /^[1-9]\d{0,17}$/.test(watchdogUs) ? Number(watchdogUs) / 1000 : null,
    notify: (...assignments) => void opened.value.send(Buffer.from(assignments.join('\n'))),
  }
}
