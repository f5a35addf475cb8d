/** Draining is decided at one node, which tells it by its beacons; whoever is ordered to drain another node tells that one. */
import { counted } from '../../runtime/system/turn.ts'
import type { OrderBody } from '../../runtime/wire/beacon-body.ts'
import { withOrder, withReports } from './outgoing.ts'
import type { DiscoveryEffect, DiscoveryState, Progress } from './state.ts'

/** An order is repeated with every beat until its node's beacons show it, or so many are over. */
const ORDER_BEATS = 5
/** The directors have heard of it by then, and handshakes that were under way are over. */
const SETTLED_MS = 2000

/** An order that is under way to another node. */
export interface DrainOrder {
  readonly draining: boolean
  readonly beatsLeft: number
}

/** This node drains from now on, or does so no more. */
export function withDraining(progress: Progress, draining: boolean, nowMs: number): Progress {
  const { state, effects } = progress
  if (draining === state.draining) return progress
  const line = draining ? 'this node drains: it gets no new clients' : 'this node drains no more'
  const kept: DiscoveryEffect[] = [
    { type: 'log', level: 'info', line },
    { type: 'markDraining', draining },
  ]
  return withReports({ effects: [...effects, ...kept], state: { ...state, draining, drainingSinceMs: nowMs } }, nowMs)
}

/** Draining, and no connection is left: by a count that was made when new ones had long gone elsewhere. */
export const isDrained = ({ draining, drainingSinceMs, countedAtMs, load }: DiscoveryState): boolean =>
  draining && load.activeConnections === 0 && countedAtMs !== null && countedAtMs - drainingSinceMs >= SETTLED_MS

/** Ordered here: of this node, or of another one that is known. */
export function withDrainOrder(progress: Progress, address: string, draining: boolean, nowMs: number): Progress {
  const { state } = progress
  if (address === state.options.managementIp) return withDraining(progress, draining, nowMs)
  if (!state.nodes.has(address)) return progress
  const orders = new Map(state.orders).set(address, { draining, beatsLeft: ORDER_BEATS })
  return withOrder({ ...progress, state: { ...state, orders } }, address, draining)
}

/** Orders that have not been followed yet are said again; no order outlives its node. */
export function withOrdersRepeated(progress: Progress): Progress {
  let next = progress
  for (const [address, order] of progress.state.orders) next = withOrderRepeated(next, address, order)
  return next
}

function withOrderRepeated({ state, effects }: Progress, address: string, order: DrainOrder): Progress {
  const orders = new Map(state.orders)
  orders.delete(address)
  const node = state.nodes.get(address)?.node
  if (node === undefined || node.draining === order.draining) return { effects, state: { ...state, orders } }
  if (order.beatsLeft === 0) {
    const line = `${node.name} (${address}) did not take the order to ${order.draining ? 'drain' : 'drain no more'}`
    return { effects: [...effects, { type: 'log', level: 'warn', line }], state: { ...state, orders } }
  }
  orders.set(address, { ...order, beatsLeft: order.beatsLeft - 1 })
  return withOrder({ effects, state: { ...state, orders } }, address, order.draining)
}

/** Another node orders this one. */
export function withOrderFrom(progress: Progress, from: string, order: OrderBody, nowMs: number): Progress {
  const { state } = progress
  if (order.node !== state.options.managementIp) return { ...progress, state: counted(state, 'orderForAnother') }
  if (!state.nodes.has(from)) return { ...progress, state: counted(state, 'orderOfStranger') }
  return withDraining(progress, order.draining, nowMs)
}
