/**
 * What each Worker runs, with its real ports: the half of the composition that is loaded inside a Worker. Every entry loads
 * its own actor and ports only, since each thread pays for what it imports. Options are made by `gateway.ts`.
 */

import type { ActorContext, ActorInstance } from '../actor-system/actor.ts'
import type { ActorLoaders } from '../actor-system/threads/worker-entry.ts'
import { errorOf, type Result } from '../ports/result.ts'

export const actors: ActorLoaders = {
  elector: async () => {
    const { startElector } = await import('../../actors/elector/actor.ts')
    return cell(startElector, () => ({}))
  },
  announcer: async () => {
    const { startAnnouncer } = await import('../../actors/announcer/actor.ts')
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const { openLinuxPacketPort } = await import('../ports/raw-ip/linux/packet.ts')
    const { rehearseTakeover } = await import('../ports/process/linux/rehearsal.ts')
    return cell(startAnnouncer, () => {
      const ports = { netlink: opened(openLinuxNetlink()), packet: opened(openLinuxPacketPort()) }
      rehearseTakeover(ports.netlink, ports.packet)
      return ports
    })
  },
  discovery: async () => {
    const { startDiscovery } = await import('../../actors/discovery/actor.ts')
    const { linuxDrainMark } = await import('../ports/process/linux/drain-mark.ts')
    return cell(startDiscovery, () => ({ drainMark: linuxDrainMark }))
  },
  dispatcher: async () => {
    const { startDispatcher } = await import('../../actors/dispatcher/actor.ts')
    const { openLinuxReachProbe } = await import('../ports/sockets/linux/reach-probe.ts')
    return cell(startDispatcher, () => ({ reach: openLinuxReachProbe() }))
  },
  'fast-path': async () => {
    const { startFastPath } = await import('../../actors/fast-path/actor.ts')
    const { openLinuxNetlink } = await import('../ports/netlink/linux/netlink.ts')
    const { createLinuxNft } = await import('../ports/nft/linux/nft.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    return cell(startFastPath, () => ({
      nft: createLinuxNft(),
      netlink: opened(openLinuxNetlink()),
      sockets: opened(openLinuxSocketTable()),
    }))
  },
  watcher: async () => {
    const { startWatcher } = await import('../../actors/watcher/actor.ts')
    const { openLinuxKernelEvents } = await import('../ports/netlink/linux/kernel-events.ts')
    const { openLinuxPacketPort } = await import('../ports/raw-ip/linux/packet.ts')
    return cell(startWatcher, () => ({
      kernel: opened(openLinuxKernelEvents()),
      packet: opened(openLinuxPacketPort()),
    }))
  },
  'port-monitor': async () => {
    const { startPortMonitor } = await import('../../actors/port-monitor/actor.ts')
    const { openLinuxProxyProbe } = await import('../ports/sockets/linux/proxy-probe.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    return cell(startPortMonitor, () => ({ sockets: opened(openLinuxSocketTable()), proxies: openLinuxProxyProbe() }))
  },
  'stats-reporter': async () => {
    const { startStatsReporter } = await import('../../actors/stats-reporter/actor.ts')
    const { openLinuxSocketTable } = await import('../ports/sockets/linux/socket-table.ts')
    const { createLinuxSystemLoad } = await import('../ports/host/linux/system-load.ts')
    const { openLinuxAgent } = await import('../ports/host/linux/agent.ts')
    return cell(startStatsReporter, () => ({
      sockets: opened(openLinuxSocketTable()),
      load: createLinuxSystemLoad(),
      agent: openLinuxAgent(),
    }))
  },
  inspector: async () => {
    const { startInspector } = await import('../../actors/inspector/actor.ts')
    const { privately } = await import('../ports/process/linux/umask.ts')
    return cell(startInspector, () => ({ privately }))
  },
}

/** Gives a start function its ports; context and options are typed by the actor, and made to fit by `gateway.ts`. */
function cell<Context extends ActorContext, Options, Ports, Takes>(
  start: (context: Context, options: Options, ports: Ports) => ActorInstance<Takes> | Promise<ActorInstance<Takes>>,
  ports: () => Ports,
) {
  return (context: ActorContext, options: unknown) =>
    start(context as Context, options as Options, ports()) as ActorInstance<unknown>
}

/** The port, or an error that crashes the actor with what the kernel said. */
function opened<Port>(result: Result<Port>): Port {
  if (!result.ok) throw errorOf(result)
  return result.value
}
