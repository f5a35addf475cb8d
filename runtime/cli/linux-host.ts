import { availableParallelism, hostname } from 'node:os'
import { ownSocket } from '../../config/service-folders.ts'
import type { HostSurvey } from '../ports/host/host-survey.ts'
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
      const own = { hostname: hostname(), cores: availableParallelism(), controlSocket: ownSocket(process.env) }
      return { ok: true, value: { ...own, interfaceAddresses, mtu } }
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
  survey: {
    interfaces: async () => (await survey()).interfaces(),
    routes: async () => (await survey()).routes(),
    serviceGroup: async (name) => (await survey()).serviceGroup(name),
    listeningPrograms: async (ports) => (await survey()).listeningPrograms(ports),
    hearRouters: async (...question) => (await survey()).hearRouters(...question),
    holdersOf: async (...question) => (await survey()).holdersOf(...question),
  },
  async forwardingOf(config) {
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const { createLinuxNft } = await import('../ports/nft/linux/nft.ts')
    const { chooseForwarding } = await import('../gateway/forwarding-mode.ts')
    const netlink = openLinuxNetlink()
    if (!netlink.ok) return netlink
    const link = netlink.value.interfaceByName(config.interfaceName)
    netlink.value.close()
    return link.ok ? chooseForwarding(config, link.value.mac, createLinuxNft()) : link
  },
}

const survey = async (): Promise<HostSurvey> => (await import('../ports/host/linux/host-survey.ts')).linuxHostSurvey
