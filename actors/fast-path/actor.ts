import { isDeepStrictEqual } from 'node:util'
import type { StartActor } from '../../runtime/actor-system/actor.ts'
import { type OwnEffect, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { Netlink } from '../../runtime/ports/netlink/netlink.ts'
import type { Nft } from '../../runtime/ports/nft/nft.ts'
import type { SocketTable } from '../../runtime/ports/sockets/socket-table.ts'
import type { Traffic } from '../../runtime/wire/beacon/traffic.ts'
import type { AnnouncerName } from '../announcer/messages.ts'
import { createFastPathControl } from './client-routes.ts'
import { servedPorts } from './configuring.ts'
import { Holders } from './holders.ts'
import { putAnswerRoutes, removeAnswerRoutes } from './kernel/answer-routes.ts'
import { missingOnLoopback, putOnLoopback, removeFromLoopback } from './kernel/loopback.ts'
import { OwnTraffic } from './kernel/own-traffic.ts'
import { findTables, outlineTables, setStaying } from './kernel/tables.ts'
import { fastPathMachine } from './machine.ts'
import type { FastPathMessage } from './messages.ts'
import { removedRuleset } from './ruleset/ruleset.ts'
import type { FastPathPeers } from './state.ts'
import {
  type FastPathEffect,
  type FastPathEvent,
  type FastPathSettings,
  type FastPathState,
  initialFastPath,
  type ProbedNode,
} from './state.ts'

export interface FastPathPorts {
  readonly nft: Nft
  readonly netlink: Netlink
  readonly sockets: SocketTable
}

export interface FastPathOptions extends FastPathSettings {
  /** Who is told what may be announced. */
  readonly announcers: readonly AnnouncerName[]
}

/** More are reset by their clients' next segments, or end by their own time-outs. */
const RESETS_MAX = 65_536
/** Less than the supervisor's, and more than clients are waited for: what is not removed by then stays, and says so. */
const FAREWELL_MS = 6000

/**
 * The fast path: has the kernel forward the redirects of the virtual IPs (kernel mode). The tables outlive it, and are taken over by
 * the next one.
 */
export const startFastPath: StartActor<FastPathOptions, FastPathPorts, FastPathMessage, FastPathPeers> = (
  context,
  { announcers: first, ...settings },
  ports,
) => {
  const { nft, netlink, sockets } = ports
  const { interfaceName } = settings
  let announcers = first
  const retired = Promise.withResolvers<void>()
  const { dispatch, state } = runMachine<FastPathState, FastPathEvent, FastPathEffect>({
    context,
    ...fastPathMachine,
    initial: initialFastPath(settings),
    perform: (effect) => perform(effect),
  })
  const perform = (effect: OwnEffect<FastPathEffect>): void => {
    switch (effect.type) {
      case 'findTables':
        void findTables(nft, state().settings, effect.inPlace).then((found) => dispatch({ type: 'tablesFound', found }))
        return
      case 'apply':
        // What is made anew counts anew.
        traffic.read()
        void nft.apply(effect.script).then((result) => dispatch({ type: 'applied', result }))
        return
      case 'outline': {
        const generation = nft.generation()
        dispatch({
          type: 'outlined',
          generation: generation.ok ? generation.value : 0,
          outline: outlineTables(nft),
        })
        return
      }
      case 'look': {
        const generation = nft.generation()
        const device = netlink.interfaceByName(interfaceName)
        const neighbours = device.ok ? macsOf(netlink, device.value.index, effect.neighbours) : new Map()
        const missing = missingOnLoopback(netlink, state().onLoopback)
        // Once a second, as the kernel drops them with the link.
        if (device.ok) putAnswerRoutes(netlink, device.value.index, state().settings)
        const silent = device.ok ? silentOf(netlink, device.value.index, effect.probed) : []
        dispatch({ type: 'looked', look: { generation, device, missing, neighbours, silent } })
        tellTraffic()
        return
      }
      case 'putAddresses':
        dispatch({ type: 'addressesPut', refusals: putOnLoopback(netlink, effect.addresses) })
        return
      case 'removeAddresses': {
        const removed = removeFromLoopback(netlink, effect.addresses)
        if (!removed.ok) context.log('warn', `cannot take ${effect.addresses.join(', ')} off lo: ${removed.reason}`)
        return
      }
      case 'removeAnswerRoutes':
        removeAnswerRoutes(netlink, { interfaceName, answerRoutes: effect.answerRoutes })
        return
      case 'resetConnections': {
        const { ports: localPorts, addresses: localAddresses } = effect
        const reset = sockets.reset({ localPorts, localAddresses, peerAddresses: [] }, RESETS_MAX)
        if (!reset.ok)
          context.log('warn', `what is open to ${localAddresses.join(', ')} cannot be reset: ${reset.reason}`)
        return
      }
      case 'readClients': {
        dispatch({ type: 'clientsRead', clients: sockets.clients(servedPorts(state()), state().settings.virtualIps) })
        return
      }
      case 'addPins':
        void setStaying(nft, effect.pins, effect.connections, state().settings).then((result) =>
          dispatch({ type: 'pinsAdded', result }),
        )
        return
      case 'tellForwarded':
        for (const to of announcers)
          context.send(to, { type: 'forwarded', virtualIps: effect.virtualIps, ready: effect.ready })
        return
      case 'remove':
        removeFromLoopback(netlink, state().settings.virtualIps)
        removeAnswerRoutes(netlink, state().settings)
        void nft.apply(removedRuleset()).then((result) => dispatch({ type: 'removed', result }))
        return
      case 'retired':
        retired.resolve()
        return
      default:
        effect satisfies never
    }
  }
  const holders = new Holders()
  const traffic = new OwnTraffic(nft)
  let told: Traffic | null = null
  /** Where there is news. */
  const tellTraffic = (): void => {
    const now = traffic.read()
    if (now === null || isDeepStrictEqual(now, told)) return
    told = now
    const { managementIp: address } = state().settings
    context.send('discovery', { type: 'traffic', counted: [{ address, ...now }] })
  }
  dispatch({ type: 'start' })
  return {
    control: createFastPathControl({ nft, state, clock: context.clock, holders }),
    receive: (message) => {
      if (message.type === 'holdersOf') holders.note(message, context.clock.nowMs())
      else dispatch(message)
    },
    peerUp: (peer) => {
      if (peer !== 'discovery') return
      dispatch({ type: 'discoveryUp' })
      told = null
      tellTraffic()
    },
    configure: ({ announcers: wantedAnnouncers, ...wanted }) => {
      announcers = wantedAnnouncers
      dispatch({ type: 'configured', settings: wanted })
    },
    stop: async () => {
      const cancel = context.clock.setTimer(FAREWELL_MS, () => retired.resolve())
      dispatch({ type: 'stop' })
      await retired.promise
      cancel()
      netlink.close()
      sockets.close()
    },
  }
}

function macsOf(netlink: Netlink, interfaceIndex: number, addresses: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    addresses.flatMap((address) => {
      const mac = netlink.neighbourMac({ interfaceIndex, address })
      return mac.ok && mac.value !== null ? [[address, mac.value] as const] : []
    }),
  )
}

/** Who of those has not answered ARP; that begins with the first look. */
function silentOf(netlink: Netlink, interfaceIndex: number, probed: readonly ProbedNode[]): readonly string[] {
  return probed.flatMap(({ address, mac, anew }) => {
    const answers = netlink.probeNeighbour({ interfaceIndex, address }, mac, anew)
    return answers.ok && answers.value === false ? [address] : []
  })
}
