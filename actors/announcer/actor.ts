import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { type OwnEffect, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import { withPeerAlias } from '../../runtime/actor-system/messaging/peer-alias.ts'
import type { Netlink } from '../../runtime/ports/netlink/netlink.ts'
import type { PacketPort } from '../../runtime/ports/raw-ip/packet.ts'
import { emitGratuitousArp } from '../../runtime/wire/arp.ts'
import { familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { emitUnsolicitedAdvertisement } from '../../runtime/wire/neighbour-advertisement.ts'
import type { ElectorName } from '../elector/messages.ts'
import type { ForwarderPoolControl } from '../forwarder/messages.ts'
import { announcerMachine } from './machine.ts'
import type { AnnouncerControl, AnnouncerMessage, AnnouncerStatus } from './messages.ts'
import { ownBehind } from './precedence.ts'
import { rehearseTakeover } from './rehearsal.ts'
import type { AnnouncerPeers } from './state.ts'
import {
  type AnnouncerEffect,
  type AnnouncerEvent,
  type AnnouncerSettings,
  type AnnouncerState,
  describeAnnouncer,
  initialAnnouncer,
  type VirtualAddress,
} from './state.ts'

export interface AnnouncerPorts {
  readonly netlink: Netlink
  readonly packet: PacketPort
}

export interface AnnouncerOptions extends AnnouncerSettings {
  /** Who elects the virtual router whose addresses these are. */
  readonly elector: ElectorName
}

/** For how long a stop waits at most: for who has the addresses to be heard of, and for connections to be reset. */
const FAREWELL_MS = 1500

/** Holds the virtual IPs on the interface while it is told to, and tells the subnet by gratuitous ARP. */
export const startAnnouncer: StartActor<AnnouncerOptions, AnnouncerPorts, AnnouncerMessage, AnnouncerPeers> = (
  ownContext,
  { elector, ...settings },
  ports,
) => {
  const context = withPeerAlias(ownContext, 'elector', elector)
  rehearseTakeover(settings)
  const stopped = Promise.withResolvers<void>()
  const resetConnections = (virtualIps: readonly string[]): void => {
    const done = (): void => dispatch({ type: 'connectionsReset' })
    // Also where none run. The machine itself waits no longer than it may.
    Promise.resolve(context.control<ForwarderPoolControl>('forwarder')?.reset(virtualIps)).then(done, done)
  }
  const { dispatch, state } = runMachine<AnnouncerState, AnnouncerEvent, AnnouncerEffect>({
    context,
    ...announcerMachine,
    initial: initialAnnouncer(settings),
    perform: (effect) => {
      if (effect.type === 'stopped') return stopped.resolve()
      if (effect.type === 'resetConnections') return resetConnections(effect.addresses)
      for (const event of performAnnouncerEffect(effect, settings.interfaceName, ports)) dispatch(event)
    },
  })
  const describe = (): AnnouncerStatus => describeAnnouncer(state(), context.clock.nowMs())
  const control: AnnouncerControl = {
    describe,
    announce: () => {
      const held = describe().virtualIps.filter(({ held }) => held)
      dispatch({ type: 'announce' })
      return held.map(({ address }) => address)
    },
  }
  dispatch({ type: 'start' })
  return {
    control,
    receive: dispatch,
    configure: ({ elector: _, ...options }) => dispatch({ type: 'configured', options }),
    stop: async () => {
      const cancel = context.clock.setTimer(FAREWELL_MS, () => stopped.resolve())
      dispatch({ type: 'stop' })
      await stopped.promise
      cancel()
      ports.netlink.close()
      ports.packet.close()
    },
  }
}

/** Whatever has become of the order on the interface: no address of the node's own goes along with a virtual one. */
function keepOwn(
  netlink: Netlink,
  interfaceName: string,
  interfaceIndex: number,
  removed: readonly VirtualAddress[],
): void {
  const device = netlink.interfaceByName(interfaceName)
  if (device.ok && ownBehind(device.value, removed) !== undefined) netlink.promoteSecondaries(interfaceIndex)
}

/** Carries out what touches the kernel; the events that it leads to. */
function performAnnouncerEffect(
  effect: Exclude<OwnEffect<AnnouncerEffect>, { readonly type: 'stopped' | 'resetConnections' }>,
  interfaceName: string,
  { netlink, packet }: AnnouncerPorts,
): readonly AnnouncerEvent[] {
  switch (effect.type) {
    case 'readInterface':
      return [{ type: 'interfaceRead', result: netlink.interfaceByName(interfaceName) }]
    case 'putAddresses': {
      const { interfaceIndex, validLifetimeS } = effect
      const refusals = effect.addresses.flatMap(({ address, prefixLength }) => {
        const put = netlink.putAddress({ interfaceIndex, address, prefixLength, validLifetimeS })
        return put.ok ? [] : [{ address, reason: put.reason }]
      })
      return [{ type: 'addressesPut', refusals }]
    }
    case 'removeAddresses':
      keepOwn(netlink, interfaceName, effect.interfaceIndex, effect.addresses)
      return effect.addresses.flatMap(({ address, prefixLength }): readonly AnnouncerEvent[] => {
        const removed = netlink.removeAddress({ interfaceIndex: effect.interfaceIndex, address, prefixLength })
        return removed.ok ? [] : [{ type: 'removeRefused', address, reason: removed.reason }]
      })
    case 'sendGratuitousArp':
      return effect.addresses.map((address): AnnouncerEvent => {
        const emit = familyOf(address) === 'ipv6' ? emitUnsolicitedAdvertisement : emitGratuitousArp
        const sent = packet.send(effect.interfaceIndex, emit(effect.mac, address))
        return sent.ok ? { type: 'garpSent', frames: 1 } : { type: 'garpRefused', address, reason: sent.reason }
      })
    default:
      return effect satisfies never
  }
}
