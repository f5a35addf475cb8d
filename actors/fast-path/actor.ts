import { isIPv6 } from 'node:net'
import type { AddressChange, Netlink } from '../../runtime/ports/netlink.ts'
import type { Nft } from '../../runtime/ports/nft.ts'
import { done, type Result } from '../../runtime/ports/result.ts'
import type { SocketTable } from '../../runtime/ports/socket-table.ts'
import type { StartActor } from '../../runtime/system/actor.ts'
import { type OwnEffect, runMachine } from '../../runtime/system/machine-runner.ts'
import { step } from './machine.ts'
import type { FastPathMessage, FastPathPeers } from './messages.ts'
import { createFastPathControl } from './routes.ts'
import { removedRuleset } from './ruleset.ts'
import {
  type FastPathEffect,
  type FastPathEvent,
  type FastPathSettings,
  type FastPathState,
  initialFastPath,
  labelOf,
} from './state.ts'
import { findTables, outlineTables, setStaying } from './tables.ts'

export interface FastPathPorts {
  readonly nft: Nft
  readonly netlink: Netlink
  readonly sockets: SocketTable
}

const LOOPBACK = 'lo'
/** Less than the supervisor's: what is not removed by then stays, and says so. */
const FAREWELL_MS = 1500

/**
 * The fast path: has the kernel forward the redirects of the virtual IPs (kernel mode). The tables outlive it, and are taken over by
 * the next one.
 */
export const startFastPath: StartActor<FastPathSettings, FastPathPorts, FastPathMessage, FastPathPeers> = (
  context,
  settings,
  ports,
) => {
  const { nft, netlink, sockets } = ports
  const retired = Promise.withResolvers<void>()
  const { dispatch, state } = runMachine<FastPathState, FastPathEvent, FastPathEffect>({
    context,
    initial: initialFastPath(settings),
    step,
    label: labelOf,
    perform: (effect) => perform(effect),
  })
  const perform = (effect: OwnEffect<FastPathEffect>): void => {
    switch (effect.type) {
      case 'findTables':
        void findTables(nft).then((found) => dispatch({ type: 'tablesFound', found }))
        return
      case 'apply':
        void nft.apply(effect.script).then((result) => dispatch({ type: 'applied', result }))
        return
      case 'outline': {
        const generation = nft.generation()
        void outlineTables(nft).then((outline) =>
          dispatch({ type: 'outlined', generation: generation.ok ? generation.value : 0, outline }),
        )
        return
      }
      case 'look': {
        const generation = nft.generation()
        const device = netlink.interfaceByName(settings.interfaceName)
        const neighbours = device.ok ? macsOf(netlink, device.value.index, effect.neighbours) : new Map()
        const missing = missingOnLoopback(netlink, settings)
        dispatch({ type: 'looked', look: { generation, device, missing, neighbours } })
        return
      }
      case 'putAddresses':
        dispatch({ type: 'addressesPut', refusals: putOnLoopback(netlink, effect.addresses) })
        return
      case 'readClients': {
        const ports = new Set(settings.redirects.map(({ proxyPort }) => proxyPort))
        dispatch({ type: 'clientsRead', clients: sockets.clients([...ports], settings.virtualIps) })
        return
      }
      case 'addPins':
        void setStaying(nft, effect.pins, settings).then((result) => dispatch({ type: 'pinsAdded', result }))
        return
      case 'remove':
        removeFromLoopback(netlink, settings)
        void nft.apply(removedRuleset()).then((result) => dispatch({ type: 'removed', result }))
        return
      case 'retired':
        retired.resolve()
        return
      default:
        effect satisfies never
    }
  }
  dispatch({ type: 'start' })
  return {
    control: createFastPathControl(nft, state),
    receive: dispatch,
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

function loopbackAddresses(netlink: Netlink, addresses: readonly string[]): Result<readonly AddressChange[]> {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return loopback
  const { index: interfaceIndex } = loopback.value
  const value = addresses.map((address) => ({ interfaceIndex, address, prefixLength: isIPv6(address) ? 128 : 32 }))
  return { ok: true, value }
}

function missingOnLoopback(netlink: Netlink, { virtualIps }: FastPathSettings): readonly string[] {
  const loopback = netlink.interfaceByName(LOOPBACK)
  if (!loopback.ok) return []
  const there = new Set(loopback.value.addresses.map(({ address }) => address))
  return virtualIps.filter((address) => !there.has(address))
}

/** What was refused, and why. */
function putOnLoopback(netlink: Netlink, addresses: readonly string[]): readonly string[] {
  const changes = loopbackAddresses(netlink, addresses)
  if (!changes.ok) return [`cannot put the virtual IPs on ${LOOPBACK}: ${changes.reason}`]
  return changes.value.flatMap((change) => {
    const put = netlink.putAddress({ ...change, validLifetimeS: null })
    return put.ok ? [] : [`cannot put ${change.address} on ${LOOPBACK}: ${put.reason}`]
  })
}

function removeFromLoopback(netlink: Netlink, { virtualIps }: FastPathSettings): Result {
  const changes = loopbackAddresses(netlink, virtualIps)
  if (!changes.ok) return changes
  for (const change of changes.value) {
    const removed = netlink.removeAddress(change)
    if (!removed.ok) return removed
  }
  return done
}
