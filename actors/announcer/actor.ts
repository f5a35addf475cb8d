import type { Netlink } from '../../runtime/ports/netlink.ts'
import type { PacketPort } from '../../runtime/ports/packet.ts'
import type { StartActor } from '../../runtime/system/actor.ts'
import { type OwnEffect, runMachine } from '../../runtime/system/machine-runner.ts'
import { withPeerAlias } from '../../runtime/system/peer-alias.ts'
import { emitGratuitousArp } from '../../runtime/wire/arp.ts'
import { familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { emitUnsolicitedAdvertisement } from '../../runtime/wire/neighbour-advertisement.ts'
import type { ElectorName } from '../elector/messages.ts'
import { DEFAULT_GARP, type GarpOptions } from './garp-schedule.ts'
import { stepAnnouncer } from './machine.ts'
import type { AnnouncerControl, AnnouncerMessage, AnnouncerPeers, AnnouncerStatus } from './messages.ts'
import { rehearseTakeover } from './rehearsal.ts'
import {
  type AnnouncerEffect,
  type AnnouncerEvent,
  type AnnouncerSettings,
  type AnnouncerState,
  describeAnnouncer,
  initialAnnouncer,
  labelOf,
} from './state.ts'

export interface AnnouncerPorts {
  readonly netlink: Netlink
  readonly packet: PacketPort
}

export interface AnnouncerOptions extends Omit<AnnouncerSettings, 'garp' | 'keptAfterLeaseMs'> {
  /** Who elects the virtual router whose addresses these are. */
  readonly elector: ElectorName
  /** Default: `DEFAULT_GARP`. */
  readonly garp?: GarpOptions
  /** Default: 0, no fence. */
  readonly keptAfterLeaseMs?: number
}

/** Holds the virtual IPs on the interface while it is told to, and tells the subnet by gratuitous ARP. */
export const startAnnouncer: StartActor<AnnouncerOptions, AnnouncerPorts, AnnouncerMessage, AnnouncerPeers> = (
  ownContext,
  { elector, ...options },
  ports,
) => {
  const context = withPeerAlias(ownContext, 'elector', elector)
  const settings = settingsOf(options)
  rehearseTakeover(settings)
  const { dispatch, state } = runMachine<AnnouncerState, AnnouncerEvent, AnnouncerEffect>({
    context,
    initial: initialAnnouncer(settings),
    step: stepAnnouncer,
    label: labelOf,
    perform: (effect) => {
      for (const event of performAnnouncerEffect(effect, options.interfaceName, ports)) dispatch(event)
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
    configure: ({ elector: _, ...wanted }) => dispatch({ type: 'configured', options: settingsOf(wanted) }),
    stop: () => {
      dispatch({ type: 'stop' })
      ports.netlink.close()
      ports.packet.close()
    },
  }
}

const settingsOf = (options: Omit<AnnouncerOptions, 'elector'>): AnnouncerSettings => ({
  garp: DEFAULT_GARP,
  keptAfterLeaseMs: 0,
  ...options,
})

/** Carries out what touches the kernel; the events that it leads to. */
function performAnnouncerEffect(
  effect: OwnEffect<AnnouncerEffect>,
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
