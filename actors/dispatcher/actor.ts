import type { ActorInstance, StartActor } from '../../runtime/actor-system/actor.ts'
import { type RunningMachine, runMachine } from '../../runtime/actor-system/machine/machine-runner.ts'
import type { ReachProbe } from '../../runtime/ports/sockets/reach-probe.ts'
import { formatClientKey, parseClientKey } from '../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../runtime/table/connection-table.ts'
import { MAX_NODES } from '../../runtime/table/layout.ts'
import type { NodeSetting } from '../../runtime/table/node-rows.ts'
import { foldRoles } from '../elector/messages.ts'
import { explainWeight } from './explanation.ts'
import { step } from './machine.ts'
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
  const adopted = { nodes, slots: table.readSlots(), generation: table.generation }
  const nowS = () => Math.floor(context.clock.nowMs() / 1000)
  const machine = runMachine<DispatcherState, DispatcherEvent, DispatcherEffect>({
    context,
    initial: initialState(options, adopted),
    step,
    label: (state) => foldRoles(state.roles).role,
    perform: (effect) => {
      switch (effect.type) {
        case 'writeNode':
          return table.setNode(effect.index, effect.node)
        case 'writeSlots':
          return table.setSlots(effect.slots, effect.generation)
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
    const tries = await Promise.all(
      wanted.map(async (port) => ({ port, problem: await ports.reach.try(address, port, TRY_TIMEOUT_MS) })),
    )
    machine.dispatch({ type: 'tried', address, tries })
  }
  machine.dispatch({ type: 'start' })
  return {
    receive: (message) => machine.dispatch(message),
    peerUp: (peer) => {
      if (peer === 'discovery') machine.dispatch({ type: 'discoveryUp' })
      if (peer === 'fast-path') machine.dispatch({ type: 'fastPathUp' })
    },
    configure: (wanted) => machine.dispatch({ type: 'configured', rules: wanted }),
    control: controlOf(table, machine, () => context.clock.nowMs()),
  }
}

function controlOf(
  table: ConnectionTable,
  machine: RunningMachine<DispatcherState, DispatcherEvent>,
  nowMs: () => number,
): DispatcherControl {
  return {
    describe: () => describe(table, machine.state()),
    which: (client) => routeOf(table, machine.state(), client, nowMs()),
    clients: (from, skip, take) => {
      const { clients, ...part } = table.clients(from, skip, Math.min(take, CLIENTS_TOLD_MAX))
      return { ...part, routes: clients.map((client) => routeOf(table, machine.state(), client, nowMs())) }
    },
  }
}

function describe(table: ConnectionTable, state: DispatcherState): DispatcherStatus {
  const counts = countSlots(table.readSlots(), MAX_NODES)
  const nodes = counts.flatMap((slots, index): DispatchedNode[] => {
    const row = table.node(index)
    if (row === undefined) return []
    const { address, weight, activeConnections, totalConnections } = row
    const lastResort = isLastResort(state, row, slots)
    return [{ address, weight, slots, activeConnections, totalConnections, lastResort, ...judgementOf(state, address) }]
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
  const pinned = known !== undefined && known.activeConnections > 0 && known.node === index
  const sinceMs = nowMs - (pinned ? known.sinceS * 1000 : state.movedAtMs[slot]!)
  return {
    client: formatClientKey(key),
    slot,
    node: table.node(index)?.address ?? null,
    reason: pinned ? 'pin' : 'slot',
    activeConnections: known?.activeConnections ?? 0,
    idleS: known === undefined ? null : Math.max(0, Math.floor(nowMs / 1000) - known.lastSeenS),
    sinceMs: sinceMs === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.round(sinceMs)),
  }
}
