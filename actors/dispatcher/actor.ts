import type { ActorInstance, StartActor } from '../../runtime/actor-system/actor.ts'
import { emptyHistogram, type Histogram, observed } from '../../runtime/actor-system/inspection/histogram.ts'
import { type RunningMachine, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { ReachProbe } from '../../runtime/ports/sockets/reach-probe.ts'
import { formatClientKey, parseClientKey } from '../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../runtime/table/connection-table.ts'
import { MAX_NODES, NOBODY } from '../../runtime/table/layout.ts'
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import { foldRoles } from '../elector/messages.ts'
import { explainWeight } from './explanation.ts'
import { HandedTraffic } from './handed-traffic.ts'
import { dispatcherMachine } from './machine.ts'
import {
  CLIENTS_TOLD_MAX,
  type ClientRoute,
  type DispatchedNode,
  type DispatcherControl,
  type DispatcherMessage,
  type DispatcherStatus,
} from './messages.ts'
import { TRY_TIMEOUT_MS, type TryNode, unreachedText } from './reach.ts'
import { countSlots } from './slots.ts'
import type { DispatcherPeers } from './state.ts'
import {
  type DispatcherEffect,
  type DispatcherEvent,
  type DispatcherRules,
  type DispatcherState,
  initialState,
  isAssigning,
} from './state.ts'
import { refusalOfTie, tiesOf } from './ties.ts'

export interface DispatcherOptions extends DispatcherRules {
  /** The connection table's buffer. */
  readonly table: SharedArrayBuffer
}

/** The dispatcher's outside world, beside the table. */
export interface DispatcherPorts {
  readonly reach: ReachProbe
}

/** The dispatcher: writes nodes and slots of the connection table. What the table holds at the start it takes over. */
export const startDispatcher: StartActor<DispatcherOptions, DispatcherPorts, DispatcherMessage, DispatcherPeers> = (
  context,
  options,
  ports,
): ActorInstance<DispatcherMessage, DispatcherOptions> => {
  const table = new ConnectionTable(options.table)
  const nodes = Array.from({ length: MAX_NODES }, (_, index) => table.node(index) ?? null)
  const adopted = { nodes, slots: table.readSlots(), generation: table.generation, tied: table.readTied() }
  const nowS = () => Math.floor(context.clock.nowMs() / 1000)
  let connects = emptyHistogram
  /** Of the last try of each node that answered on all its ports. */
  const reachMs = new Map<string, number>()
  const machine = runMachine<DispatcherState, DispatcherEvent, DispatcherEffect>({
    context,
    ...dispatcherMachine,
    initial: initialState(options, adopted),
    perform: (effect) => {
      switch (effect.type) {
        case 'writeNode':
          return table.setNode(effect.index, effect.node)
        case 'writeSlots':
          return table.setSlots(effect.slots, effect.generation)
        case 'writeTied':
          return table.setTied(effect.tied)
        case 'sweep':
          table.sweep(nowS(), effect.idleS)
          return
        case 'tryNode':
          void tried(effect)
          return
        default:
          effect satisfies never
      }
    },
  })
  const tried = async ({ address, ports: wanted }: TryNode): Promise<void> => {
    const triedAtMs = context.clock.nowMs()
    const tries = await Promise.all(
      wanted.map(async (port) => {
        const beganMs = context.clock.nowMs()
        const problem = await ports.reach.try(address, port, TRY_TIMEOUT_MS)
        if (problem === null) connects = observed(connects, context.clock.nowMs() - beganMs)
        return { port, problem }
      }),
    )
    if (tries.every(({ problem }) => problem === null)) reachMs.set(address, context.clock.nowMs() - triedAtMs)
    else reachMs.delete(address)
    for (const known of reachMs.keys())
      if (!machine.state().members.some((one) => one.address === known)) reachMs.delete(known)
    machine.dispatch({ type: 'tried', address, tries })
  }
  // In kernel mode each node's own kernel counts.
  const traffic = options.tellsFastPath ? undefined : new HandedTraffic(table)
  const tellTraffic = () => {
    const counted = traffic?.news()
    if (counted !== undefined) context.send('discovery', { type: 'traffic', counted })
  }
  machine.dispatch({ type: 'start' })
  return {
    receive: (message) => {
      machine.dispatch(message)
      // Once a beacon interval: the next hello has it.
      if (message.type === 'membership') tellTraffic()
    },
    peerUp: (peer) => {
      if (peer === 'discovery') {
        machine.dispatch({ type: 'discoveryUp' })
        traffic?.forgetTold()
        tellTraffic()
      }
      if (peer === 'fast-path') machine.dispatch({ type: 'fastPathUp' })
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', rules: wanted }),
    stop: () => ports.reach.close(),
    control: controlOf(table, machine, { nowMs: () => context.clock.nowMs(), connects: () => connects, reachMs }),
  }
}

function controlOf(
  table: ConnectionTable,
  machine: RunningMachine<DispatcherState, DispatcherEvent>,
  { nowMs, connects, reachMs }: { nowMs(): number; connects(): Histogram; reachMs: ReadonlyMap<string, number> },
): DispatcherControl {
  return {
    describe: () => ({ ...describe(table, machine.state(), reachMs), connects: connects() }),
    ties: () => tiesOf(machine.state().tied),
    tie: (client, node) => {
      const key = parseClientKey(client)
      if (key === undefined) throw new RangeError(`'${client}' is not an IP address.`)
      const canonical = formatClientKey(key)
      const state = machine.state()
      const refusal = isAssigning(state) ? refusalOfTie(state.tied, canonical, node) : 'notAssigning'
      if (refusal === null) machine.dispatch({ type: 'tie', client: canonical, node })
      return refusal
    },
    which: (client) => routeOf(table, machine.state(), client, nowMs()),
    clients: (from, skip, take) => {
      const { clients, ...part } = table.clients(from, skip, Math.min(take, CLIENTS_TOLD_MAX))
      return { ...part, routes: clients.map((client) => routeOf(table, machine.state(), client, nowMs())) }
    },
  }
}

function describe(
  table: ConnectionTable,
  state: DispatcherState,
  reachMs: ReadonlyMap<string, number>,
): Omit<DispatcherStatus, 'connects'> {
  const counts = countSlots(table.readSlots(), MAX_NODES)
  const nodes = counts.flatMap((slots, index): DispatchedNode[] => {
    const row = table.node(index)
    if (row === undefined) return []
    const { address, weight, activeConnections } = row
    const lastResort = isLastResort(state, row, slots)
    const isTried = isAssigning(state) && state.members.some((one) => one.address === address && one.health === 'ok')
    const reached = isTried ? (reachMs.get(address) ?? null) : null
    return [{ address, weight, slots, activeConnections, lastResort, reachMs: reached, ...judgementOf(state, address) }]
  })
  return { generation: table.generation, nodes, warnings: state.warnings }
}

/** On a scanning node as the slots say it, which may be a beacon's time behind. */
function isLastResort({ members, roles }: DispatcherState, row: NodeSetting, slots: number): boolean {
  const isDraining = members.some(({ address, health }) => address === row.address && health === 'draining')
  return isDraining && (foldRoles(roles).role === 'director' ? row.state === 'ok' : slots > 0)
}

function judgementOf(
  state: DispatcherState,
  address: string,
): Pick<DispatchedNode, 'overloaded' | 'slowStart' | 'weightReason'> {
  const member = state.members.find((each) => each.address === address)
  if (!isAssigning(state) || member === undefined) return { overloaded: false, slowStart: null, weightReason: null }
  const unreached = unreachedText(member, state.reach)
  const node = state.balance.nodes.get(address)
  return {
    overloaded: node?.overload.overloaded ?? false,
    slowStart: node === undefined || node.rampSinceMs === null ? null : node.ramp,
    weightReason: unreached ?? explainWeight(member, node),
  }
}

/** Where a client's next connection goes. Throws RangeError for a text that is no address, which rejects the control call. */
function routeOf(table: ConnectionTable, state: DispatcherState, client: string, nowMs: number): ClientRoute {
  const key = parseClientKey(client)
  if (key === undefined) throw new RangeError(`'${client}' is not an IP address.`)
  const known = table.find(client)
  const index = table.route(...key)
  const slot = table.slotOf(client)
  const tied = table.tiedNodeOf(client) !== NOBODY
  const pinned = known !== undefined && known.activeConnections > 0 && known.node === index
  const reason = tied ? 'tied' : pinned ? 'pin' : 'slot'
  const sinceMs = nowMs - (pinned ? known.sinceS * 1000 : state.movedAtMs[slot]!)
  return {
    client: formatClientKey(key),
    slot,
    node: table.node(index)?.address ?? null,
    reason,
    activeConnections: known?.activeConnections ?? 0,
    idleS: known === undefined ? null : Math.max(0, Math.floor(nowMs / 1000) - known.lastSeenS),
    sinceMs: sinceMs === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.round(sinceMs)),
  }
}
