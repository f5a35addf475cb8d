import type { Member } from '../../../actors/discovery/messages.ts'
import { step } from '../../../actors/dispatcher/machine.ts'
import { type DispatcherEvent, initialState } from '../../../actors/dispatcher/state.ts'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { NOBODY } from '../../../runtime/table/layout.ts'
import { memberOf } from './members.ts'

const DIRECTOR = '10.0.0.1'
const CLIENTS = 10_000

/** A director's dispatcher on a real table, and 10,000 clients with one connection each, or none. */
export class SimulatedClients {
  readonly table = ConnectionTable.create({ clients: 65_536, forwarders: 1, connectionsPerForwarder: CLIENTS })
  nowMs = 0
  /** By client: the table's index of the node that its connection goes to; NOBODY without one. */
  readonly nodes = new Uint8Array(CLIENTS).fill(NOBODY)
  readonly #keys = Array.from(
    { length: CLIENTS },
    (_, client) => parseClientKey(`10.1.${client >> 8}.${client & 255}`)!,
  )
  #state

  constructor(slowStartMs = 0) {
    const rules = {
      managementIp: DIRECTOR,
      absenceGraceMs: 3000,
      clientIdleS: 600,
      slowStartMs,
      tellsFastPath: false,
      portsByRedirect: [],
      resetsOnFailure: false,
      triedPorts: [],
    }
    const adopted = { nodes: [], slots: this.table.readSlots(), generation: 0, tied: [] }
    this.#state = initialState(rules, adopted)
    const role = { role: 'director', virtualIps: [], masterAddress: DIRECTOR, masterPriority: 99 } as const
    this.#give({ type: 'role', instance: 'VI_51', ...role })
  }

  /** One second: what the nodes report, with the connections that they really have. */
  report(members: readonly Partial<Member>[]): void {
    const full = members.map((changes, at): Member => {
      const address = changes.address ?? `10.0.0.${at + 1}`
      return memberOf(address, { activeConnections: this.connectionsOf(address), ...changes })
    })
    this.#give({ type: 'membership', members: full, macs: [], assigner: DIRECTOR })
    this.nowMs += 1000
  }

  #give(event: DispatcherEvent): void {
    const { state, effects } = step(this.#state, event, this.nowMs)
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'writeNode') this.table.setNode(effect.index, effect.node)
      if (effect.type === 'writeSlots') this.table.setSlots(effect.slots, effect.generation)
    }
  }

  /** A client's connection is opened to where the table says; one that it has stays. */
  connect(client: number): void {
    if (this.nodes[client] !== NOBODY) return
    const key = this.#keys[client]!
    const node = this.table.route(...key)
    this.table.connectionOpened(0, client, ...key, node, this.nowMs / 1000)
    this.nodes[client] = node
  }

  /** Ends a client's connection. */
  end(client: number): void {
    this.table.connectionClosed(0, client, this.nowMs / 1000)
    this.nodes[client] = NOBODY
  }

  connectAll(): void {
    for (let client = 0; client < CLIENTS; client++) this.connect(client)
  }

  /** Where each client's next connection would go. */
  routes(): Uint8Array {
    return Uint8Array.from(this.#keys, (key) => this.table.route(...key))
  }

  connectionsOf(address: string): number {
    const index = this.table.nodeIndexOf(address)
    return index === undefined ? 0 : this.table.activeConnections(index)
  }

  /** Of the nodes 10.0.0.1 and following, in the order of their addresses. */
  connections(nodes: number): number[] {
    return Array.from({ length: nodes }, (_, at) => this.connectionsOf(`10.0.0.${at + 1}`))
  }
}
