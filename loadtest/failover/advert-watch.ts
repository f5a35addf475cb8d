/** Tells its parent of every VRRP advert that the client's network carries: `node advert-watch.ts INTERFACE ADDRESS`. It runs until it is killed. */
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { createLinuxRawIpPort } from '../../runtime/ports/raw-ip/linux/raw-ip.ts'

/** What is told of each. */
export interface AdvertSeen {
  /** CLOCK_MONOTONIC. */
  readonly atMs: number
}

const [interfaceName = '', address = ''] = process.argv.slice(2)
const port = createLinuxRawIpPort()
// Sockets that nothing refers to are collected as garbage, and closed.
process.once('exit', () => port.close())
const opened = port.open(interfaceName, address, {
  packet: (protocol) => {
    if (protocol === 112) process.send?.({ atMs: monotonicMs() } satisfies AdvertSeen)
  },
  error: (_protocol, reason) => fail(reason),
})
if (!opened.ok) fail(opened.reason)

function fail(reason: string): never {
  console.error(`adverts are not seen: ${reason}`)
  process.exit(1)
}
