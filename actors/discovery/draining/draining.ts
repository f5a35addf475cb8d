/** Draining is decided at one node, which tells it by its beacons; whoever is ordered to drain another node tells that one. */
import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import type { OrderBody } from '../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'
import { withOrder, withReports } from '../beacons/outgoing.ts'
import type { DrainWish } from '../messages.ts'
import type { DiscoveryEffect, DrainOrder, Progress } from '../state.ts'
import { withTimer } from '../timers.ts'
import { ownsSlots } from './drain-state.ts'

/** An order is repeated with every beat until its node's beacons show it, or so many are over. */
const ORDER_BEATS = 5
/** A node in maintenance that has to serve looks again that often whether another one does. */
const LOOK_AGAIN_MS = 1000

/** This node does so from now on. An order that says what is so already (it is repeated) begins nothing anew. */
function withDraining(progress: Progress, wish: DrainWish, nowMs: number): Progress {
  const { state, effects } = progress
  const { draining, maintMs } = wish
  if (draining === state.draining && maintMs === (state.maint?.timeoutMs ?? null)) return progress
  const kept: DiscoveryEffect[] = [
    { type: 'log', level: 'info', line: wishText(wish) },
    { type: 'markDraining', draining, maint: maintMs !== null },
  ]
  const drainingSinceMs = draining && state.draining ? state.drainingSinceMs : nowMs
  const maint = maintMs === null ? null : { timeoutMs: maintMs, due: false }
  const wished = { effects: [...effects, ...kept], state: { ...state, draining, drainingSinceMs, maint } }
  return withReports(withMaintenanceTimer(wished), nowMs)
}

function wishText({ draining, maintMs }: DrainWish): string {
  if (!draining) return 'this node drains no more'
  if (maintMs === null) return 'this node drains: it gets no new connections'
  const reset = `what is open is reset in ${Math.ceil(maintMs / 1000)} s`
  return `this node is in maintenance: it gets no new connections, and ${reset}`
}

/** Runs while this node is in maintenance, and what is open is left alone. */
export function withMaintenanceTimer(progress: Progress): Progress {
  const { maint } = progress.state
  return maint === null || maint.due ? progress : withTimer(progress, 'maint', maint.timeoutMs)
}

/** What is open is reset from now on; but a node that has to serve, since no other does, goes on with what it has. */
export function withMaintenanceOver(progress: Progress, nowMs: number): Progress {
  const { state, effects } = progress
  if (state.maint === null) return progress
  if (ownsSlots(state)) return withTimer(progress, 'maint', LOOK_AGAIN_MS)
  const line = 'maintenance: its time is over, what is open at this node is reset'
  const due = { ...state, maint: { ...state.maint, due: true } }
  return withReports({ effects: [...effects, { type: 'log', level: 'info', line }], state: due }, nowMs)
}

/** Ordered here: of this node, or of another one that is known. */
export function withDrainOrder(progress: Progress, address: string, wish: DrainWish, nowMs: number): Progress {
  const { state } = progress
  if (address === state.options.managementIp) return withDraining(progress, wish, nowMs)
  if (!state.nodes.has(address)) return progress
  const orders = new Map(state.orders).set(address, { ...wish, beatsLeft: ORDER_BEATS })
  return withOrder({ ...progress, state: { ...state, orders } }, address, wish)
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
  if (node === undefined || hasTaken(node, order)) return { effects, state: { ...state, orders } }
  if (order.beatsLeft === 0) {
    const line = `${node.name} (${address}) did not take the order to ${orderText(order)}`
    return { effects: [...effects, { type: 'log', level: 'warn', line }], state: { ...state, orders } }
  }
  orders.set(address, { ...order, beatsLeft: order.beatsLeft - 1 })
  return withOrder({ effects, state: { ...state, orders } }, address, order)
}

const hasTaken = ({ draining, maint }: BeaconNode, order: DrainOrder): boolean =>
  draining === order.draining && (maint !== 'off') === (order.maintMs !== null)

function orderText({ draining, maintMs }: DrainOrder): string {
  if (!draining) return 'drain no more'
  return maintMs === null ? 'drain' : 'go into maintenance'
}

/** Another node orders this one. */
export function withOrderFrom(progress: Progress, from: string, order: OrderBody, nowMs: number): Progress {
  const { state } = progress
  if (order.node !== state.options.managementIp) return { ...progress, state: counted(state, 'orderForAnother') }
  if (!state.nodes.has(from)) return { ...progress, state: counted(state, 'orderOfStranger') }
  return withDraining(progress, order, nowMs)
}
