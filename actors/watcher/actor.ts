import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { type OwnEffect, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { KernelEvent, KernelEventsPort } from '../../runtime/ports/netlink/kernel-events.ts'
import type { PacketPort } from '../../runtime/ports/raw-ip/packet.ts'
import { errorOf } from '../../runtime/ports/result.ts'
import { emitArpRequest, emitGratuitousArp } from '../../runtime/wire/arp.ts'
import { familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { emitUnsolicitedAdvertisement } from '../../runtime/wire/neighbour-advertisement.ts'
import { emitNeighbourSolicitation } from '../../runtime/wire/neighbour-solicitation.ts'
import { watcherMachine } from './machine.ts'
import type { Relocation, WatcherControl, WatcherMessage } from './messages.ts'
import type { WatcherPeers } from './state.ts'
import {
  describeWatcher,
  initialWatcher,
  type WatcherEffect,
  type WatcherEvent,
  type WatcherOptions,
  type WatcherState,
} from './state.ts'

export interface WatcherPorts {
  readonly kernel: KernelEventsPort
  readonly packet: PacketPort
}

/**
 * Sees at once what becomes of the interface, and who else has the virtual IPs. Without it a gateway still works: the
 * announcer looks every five seconds by itself. Throws where the kernel lets nobody listen.
 */
export const startWatcher: StartActor<WatcherOptions, WatcherPorts, WatcherMessage, WatcherPeers> = (
  context,
  options,
  { kernel, packet },
) => {
  const { dispatch, state } = runMachine<WatcherState, WatcherEvent, WatcherEffect>({
    context,
    ...watcherMachine,
    initial: initialWatcher(options),
    perform: (effect) => perform(effect),
  })
  const perform = (effect: OwnEffect<WatcherEffect>): void => {
    switch (effect.type) {
      case 'read':
        dispatch({ type: 'truth', truth: kernel.read(options.interfaceName) })
        return
      case 'relocate': {
        const supervisor = context.control<Relocation>('supervisor')
        // Where it does not answer it is asked again with the next tick.
        supervisor?.relocate(effect.own).catch(() => undefined)
        return
      }
      case 'watchNeighbours': {
        const watched = kernel.watchNeighbours(effect.interfaceIndex, effect.families)
        if (!watched.ok) dispatch({ type: 'neighboursRefused', reason: watched.reason })
        return
      }
      case 'announce': {
        const { interfaceIndex, mac, address } = effect
        const emit = familyOf(address) === 'ipv4' ? emitGratuitousArp : emitUnsolicitedAdvertisement
        const announced = packet.send(interfaceIndex, emit(mac, address))
        if (!announced.ok) dispatch({ type: 'neighboursRefused', reason: announced.reason })
        return
      }
      case 'ask': {
        const { interfaceIndex, mac, sender, target } = effect
        const emit = familyOf(target) === 'ipv4' ? emitArpRequest : emitNeighbourSolicitation
        const asked = packet.send(interfaceIndex, emit(mac, sender, target))
        if (!asked.ok) dispatch({ type: 'neighboursRefused', reason: asked.reason })
        return
      }
      default:
        effect satisfies never
    }
  }
  const opened = kernel.open(
    { defaultRoutes: options.trackGateway },
    context.guard((event: KernelEvent) => dispatch({ type: 'kernel', event })),
  )
  if (!opened.ok) throw errorOf(opened)
  const control: WatcherControl = { describe: () => describeWatcher(state(), context.clock.nowMs()) }
  dispatch({ type: 'start' })
  return {
    control,
    receive: (message, from) => dispatch({ type: 'message', from, message }),
    configure: (wanted) => dispatch({ type: 'configured', options: wanted }),
    peerUp: (peer) => dispatch({ type: 'peerUp', peer }),
    peerDown: (peer) => dispatch({ type: 'peerDown', peer }),
    stop: () => {
      dispatch({ type: 'stop' })
      kernel.close()
      packet.close()
    },
  }
}
