/** The product's own dispatcher as a balancer: its machine decides on the slots, and clients follow pins and slots. */
import type { Member } from '../../actors/discovery/messages.ts'
import { step } from '../../actors/dispatcher/machine.ts'
import { sharesOf } from '../../actors/dispatcher/policy.ts'
import { nobodysSlots } from '../../actors/dispatcher/slots.ts'
import { type DispatcherState, initialState } from '../../actors/dispatcher/state.ts'
import { type BalancerKind, NONE, type Reports } from './balancer.ts'
import type { NodeSpec } from './scenario.ts'

const addressOf = (node: number): string => `10.10.74.${node + 1}`

/**
 * The dispatcher of the first node, a director from the start. It gets what discovery would tell it once a second; a client
 * with open connections stays with its node (a pin), every other one goes to the owner of its slot, as the connection
 * table has it. The operator sets how long a node that joins is started slowly.
 */
export const proxyha =
  (name: string, slowStartMs: number): BalancerKind =>
  ({ population, nodes, connections, latestNode, open }) => {
    const director = { type: 'role', instance: 'VI_51', virtualIps: [], role: 'director' } as const
    let state = step(
      initialState(
        {
          managementIp: addressOf(0),
          absenceGraceMs: 5000,
          clientIdleS: 600,
          tellsFastPath: false,
          portsByRedirect: [],
          resetsOnFailure: false,
          triedPorts: [],
          slowStartMs,
        },
        { nodes: [], slots: nobodysSlots(), generation: 0, tied: [] },
      ),
      { ...director, masterAddress: null, masterPriority: null },
      0,
    ).state
    let owners = new Uint8Array(state.slots.length).fill(NONE)
    let up: readonly boolean[] = []
    return {
      name,
      isProduct: true,
      keepsConnections: true,
      observe: (nowS, reports) => {
        up = reports.up
        const before = state.slots
        const members = membersOf(nodes, reports, connections)
        state = step(state, { type: 'membership', members, macs: [], assigner: null }, nowS * 1000).state
        if (state.slots !== before) owners = ownersOf(state)
      },
      route: (client) => {
        const latest = latestNode[client]!
        return open[client]! > 0 && up[latest] ? latest : owners[population.slot[client]!]!
      },
      weights: () => {
        const shares = sharesOf(state.balance)
        return nodes.map((_, node) => shares.get(addressOf(node)) ?? 0)
      },
    }
  }

function membersOf(nodes: readonly NodeSpec[], { up, cpu }: Reports, connections: Int32Array): Member[] {
  const joined = [...nodes.keys()].filter((node) => up[node])
  return joined.map((node) => ({
    address: addressOf(node),
    name: addressOf(node),
    mac: '',
    self: node === 0,
    director: node === 0,
    health: 'ok' as const,
    cpu: cpu[node]!,
    memory: 0,
    pressure: null,
    activeConnections: connections[node]!,
    lastSeenMs: 0,
    capacity: nodes[node]!.capacity,
    agent: null,
    failedPorts: [],
    drained: false,
    maint: 'off',
    forwarding: 'workers',
  }))
}

/** By slot: the node of the simulation that owns it. */
function ownersOf({ slots, rows }: DispatcherState): Uint8Array<ArrayBuffer> {
  const nodes = rows.map((row) => (row === null ? NONE : Number(row.address.split('.').at(-1)) - 1))
  return slots.map((owner) => nodes[owner] ?? NONE) as Uint8Array<ArrayBuffer>
}
