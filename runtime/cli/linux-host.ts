import { availableParallelism, hostname } from 'node:os'
import type { CliHost } from './env.ts'

/** This host. The ports are loaded when they are asked for: most commands need none of them. */
export const linuxHost: CliHost = {
  async facts(interfaceName) {
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const netlink = openLinuxNetlink()
    if (!netlink.ok) return netlink
    try {
      const found = netlink.value.interfaceByName(interfaceName)
      if (!found.ok) return found
      const { addresses: interfaceAddresses, mtu } = found.value
      const facts = { hostname: hostname(), cores: availableParallelism(), interfaceAddresses, mtu }
      return { ok: true, value: facts }
    } finally {
      netlink.value.close()
    }
  },
  async openSocketTable() {
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    return openLinuxSocketTable()
  },
  async view(question) {
    const { readLinuxHostView } = await import('../ports/host/linux/host-view.ts')
    return readLinuxHostView(question)
  },
}
