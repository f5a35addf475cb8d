import { describeDiscovery, step as discoveryStep } from '../../../actors/discovery/machine.ts'
import type { ClientsOfMessage, HoldersOfMessage, UpkeepMessage } from '../../../actors/discovery/messages.ts'
import type { DiscoveryOptions } from '../../../actors/discovery/options.ts'
import {
  type DiscoveryEffect,
  type DiscoveryEvent,
  type DiscoveryState,
  initialState as initialDiscovery,
} from '../../../actors/discovery/state.ts'
import { step as dispatcherStep } from '../../../actors/dispatcher/machine.ts'
import { nobodysSlots } from '../../../actors/dispatcher/slots.ts'
import {
  type DispatcherEffect,
  type DispatcherEvent,
  type DispatcherState,
  initialState as initialDispatcher,
} from '../../../actors/dispatcher/state.ts'
import type { Role, RoleMessage } from '../../../actors/elector/messages.ts'
import type { TimelineHappening } from '../../../actors/inspector/messages.ts'
import type { NodeChangedMessage } from '../../../actors/notifier/messages.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { MAX_NODES } from '../../../runtime/table/layout.ts'
import type { NodeSetting } from '../../../runtime/table/node-rows.ts'
import type { BeaconEnvelope } from '../../../runtime/wire/beacon/beacon.ts'
import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { FakeDrainMark } from '../../fakes/drain-mark.ts'
import { Timers } from '../../fakes/timers.ts'
import { rulesOf } from '../dispatcher/rules.ts'

const LATENCY_MS = 1
/** The instances of every node, unless a test says otherwise. */
export const [FIRST, SECOND] = ['VI_51', 'VI_52'] as const

type Instance = DiscoveryOptions['instances'][number]
type NodeOptions = Partial<Omit<DiscoveryOptions, 'instances'>> & {
  readonly instances?: readonly (Omit<Instance, 'priority'> & Partial<Instance>)[]
}
const INSTANCES = [
  { name: FIRST, family: 'ipv4', virtualRouterId: 51 },
  { name: SECOND, family: 'ipv4', virtualRouterId: 52 },
] as const

/** A packet on the medium, as a test may watch, drop or repeat it. */
export interface Frame {
  readonly source: string
  readonly destination: string
  readonly packet: Uint8Array
  readonly atMs: number
}

interface Appointment {
  atMs: number
  run(): void
}

/** The connection table, as far as the dispatcher writes it. */
interface WrittenTable {
  readonly rows: (NodeSetting | null)[]
  slots: Uint8Array
  generation: number
}

/** One node: its two machines, and what they did to the world. */
export interface SimulatedNode {
  readonly options: DiscoveryOptions
  discovery: DiscoveryState
  dispatcher: DispatcherState
  readonly timers: Timers
  readonly table: WrittenTable
  /** As its electors said last. */
  readonly roles: Map<string, RoleMessage>
  /** When the elector was told that the director's assignment is here. */
  readonly caughtUpAtMs: number[]
  /** As the stats reporter was told last. */
  upkeep: UpkeepMessage | null
  /** What the fast path was told. */
  readonly toFastPath: (ClientsOfMessage | HoldersOfMessage)[]
  /** What the notifier was told. */
  readonly toNotifier: NodeChangedMessage[]
  readonly log: { readonly atMs: number; readonly line: string }[]
  readonly happened: TimelineHappening[]
  /** Bumped when an actor dies: what was scheduled for it before is void. */
  life: number
  alive: boolean
}

/**
 * Nodes with discovery and dispatcher on one broadcast medium, on one simulated clock. Who is director the test says, in the
 * place of VRRP.
 */
export class SimulatedGroup {
  nowMs = 0
  readonly nodes = new Map<string, SimulatedNode>()
  readonly frames: Frame[] = []
  readonly drainMark = new FakeDrainMark()
  /** Says which frames are lost on the way to a node. */
  isLost: (frame: Frame, to: string) => boolean = () => false
  /** What VRRP calls the director of an instance: of IPv6 its link-local address. */
  masterAddressOf: (director: string, instance: string) => string = (director) => director
  readonly #agenda: Appointment[] = []
  #epochs = 0

  /** Its priority is the last number of its address, unless it is given one. */
  add(address: string, { instances = INSTANCES, ...options }: NodeOptions = {}): SimulatedNode {
    const priority = Number(address.split('.')[3])
    const full: DiscoveryOptions = {
      name: `node-${address.split('.')[3]}`,
      managementIp: address,
      managementPrefixLength: 8,
      mac: '02:00:00:00:00:01',
      capacity: 100,
      virtualRouterId: 51,
      instances: instances.map((instance) => ({ priority, ...instance })),
      electors: ['elector'],
      keys: ['secret'],
      insecure: false,
      tellsFastPath: false,
      resetsOnFailure: false,
      intervalMs: 1000,
      staleAfterIntervals: 3,
      drainMark: address,
      settings: { virtualIps: '10.10.74.74/24' },
      ...options,
    }
    const slots = nobodysSlots()
    const node: SimulatedNode = {
      options: full,
      discovery: initialDiscovery(full, this.#epoch(), this.nowMs, this.#marked(address)),
      dispatcher: initialDispatcher(rulesOf(address), { nodes: [], slots, generation: 0, tied: [] }),
      timers: new Timers((delayMs, fire) => {
        this.#at(delayMs, node, fire)
        return () => undefined
      }),
      table: { rows: new Array<NodeSetting | null>(MAX_NODES).fill(null), slots, generation: 0 },
      roles: new Map(),
      caughtUpAtMs: [],
      upkeep: null,
      toFastPath: [],
      toNotifier: [],
      log: [],
      happened: [],
      life: 0,
      alive: true,
    }
    this.nodes.set(address, node)
    this.#start(node)
    this.tell(address, { type: 'monitor', state: 'ok', failedPorts: [] })
    return node
  }

  #epoch(): string {
    this.#epochs++
    return this.#epochs.toString(16).padStart(16, '0')
  }

  #marked(address: string) {
    return { draining: this.drainMark.isSet(address), maint: this.drainMark.isSet(`${address}.maint`) }
  }

  #start(node: SimulatedNode): void {
    this.#stepDiscovery(node, { type: 'start' })
    this.#stepDispatcher(node, { type: 'start' })
  }

  node(address: string): SimulatedNode {
    const node = this.nodes.get(address)
    if (node === undefined) throw new Error(`no node ${address}`)
    return node
  }

  tell(address: string, event: DiscoveryEvent): void {
    this.#stepDiscovery(this.node(address), event)
  }

  /** What VRRP would: all nodes that live learn at once who is director. */
  elect(director: string, instance: string = FIRST): void {
    for (const [address, node] of this.nodes) if (node.alive) this.assume(address, director, instance)
  }

  /** One node believes that this one is director. */
  assume(address: string, director: string, instance: string = FIRST): void {
    const role = address === director ? 'director' : 'scanning'
    this.#hearElector(address, instance, role, this.masterAddressOf(director, instance))
  }

  /** A node's electors have stopped. */
  resign(address: string): void {
    for (const instance of [...this.node(address).roles.keys()])
      this.#hearElector(address, instance, 'initializing', null)
  }

  /** VRRP hears the director no more, and makes this node the next one. */
  succeedSilent(address: string, instance: string = FIRST): void {
    this.#hearElector(address, instance, 'scanning', null)
    this.#hearElector(address, instance, 'director', address, { afterSilence: true })
  }

  #hearElector(
    address: string,
    instance: string,
    role: Role,
    masterAddress: string | null,
    more: Pick<RoleMessage, 'afterSilence'> = {},
  ): void {
    const node = this.node(address)
    const identity = { instance, virtualIps: [], masterPriority: null }
    const message: RoleMessage = { type: 'role', ...identity, role, masterAddress, ...more }
    node.roles.set(instance, message)
    this.#stepDiscovery(node, message)
    this.#stepDispatcher(node, message)
  }

  /** The power cord. */
  kill(address: string): void {
    const node = this.node(address)
    node.alive = false
    node.life++
  }

  /** A killed node starts again, with nothing remembered but that it drains. */
  restart(address: string): SimulatedNode {
    const { options } = this.node(address)
    return this.add(address, options)
  }

  /** The discovery actor alone crashes, and is started again by its supervisor, which tells it what it needs. */
  restartDiscovery(address: string): void {
    const node = this.node(address)
    node.life++
    node.discovery = initialDiscovery(node.options, this.#epoch(), this.nowMs, this.#marked(address))
    this.#stepDiscovery(node, { type: 'start' })
    this.#stepDispatcher(node, { type: 'discoveryUp' })
    for (const message of node.roles.values()) this.tell(address, message)
    this.tell(address, { type: 'monitor', state: 'ok', failedPorts: [] })
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs
    for (;;) {
      const [next] = this.#agenda.sort((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > endMs) break
      this.#agenda.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
    this.nowMs = endMs
  }

  /** An envelope that names a node as it is now. */
  envelopeFor(address: string, destination = address): BeaconEnvelope {
    const { epoch, sequence } = this.node(address).discovery
    return { destination, audience: new Map([[address, { epoch, sequence }]]) }
  }

  /** Puts a packet on the medium that no node sent. */
  inject(source: string, destination: string, payload: Uint8Array, ttl = 255): void {
    const packet = emitIpv4Packet({ source, destination, protocol: 253, ttl, payload })
    this.transmit({ source, destination, packet, atMs: this.nowMs })
  }

  transmit(frame: Frame): void {
    for (const [address, node] of this.nodes) {
      if (frame.destination !== '255.255.255.255' && frame.destination !== address) continue
      if (this.isLost(frame, address)) continue
      this.#at(LATENCY_MS, node, () =>
        this.#stepDiscovery(node, {
          type: 'packet',
          protocol: 253,
          packet: Uint8Array.from(frame.packet),
          receivedAtMs: this.nowMs,
          serial: 0,
        }),
      )
    }
  }

  #at(delayMs: number, node: SimulatedNode, run: () => void): void {
    const { life } = node
    this.#agenda.push({
      atMs: this.nowMs + delayMs,
      run: () => {
        if (node.alive && node.life === life) run()
      },
    })
  }

  #stepDiscovery(node: SimulatedNode, event: DiscoveryEvent): void {
    const { state, effects } = discoveryStep(node.discovery, event, this.nowMs)
    node.discovery = state
    for (const effect of effects) this.#perform(node, effect)
  }

  #perform(node: SimulatedNode, effect: DiscoveryEffect): void {
    switch (effect.type) {
      case 'startTimer':
        node.timers.perform(effect, (expiry) => this.#stepDiscovery(node, expiry))
        return
      case 'log':
        node.log.push({ atMs: this.nowMs, line: effect.line })
        return
      case 'happened':
        node.happened.push(effect)
        return
      case 'send':
        if (effect.to === 'dispatcher') this.#stepDispatcher(node, effect.message)
        else if (effect.to === 'stats-reporter') node.upkeep = effect.message
        else if (effect.to === 'notifier') node.toNotifier.push(effect.message)
        else if (effect.to === 'fast-path') node.toFastPath.push(effect.message)
        else if (effect.to !== 'raw-ip') node.caughtUpAtMs.push(this.nowMs)
        else if (effect.message.type === 'send') this.#send(node, effect.message.destination, effect.message.payload)
        return
      case 'renewEpoch':
        this.#stepDiscovery(node, { type: 'epochRenewed', epoch: this.#epoch() })
        return
      case 'markDraining':
        this.drainMark.set(node.options.managementIp, effect.draining)
        this.drainMark.set(`${node.options.managementIp}.maint`, effect.maint)
        return
      default:
        effect satisfies never
    }
  }

  #send(node: SimulatedNode, destination: string, payload: Uint8Array): void {
    const source = node.options.managementIp
    const packet = emitIpv4Packet({ source, destination, protocol: 253, ttl: 255, payload })
    const frame = { source, destination, packet, atMs: this.nowMs }
    this.frames.push(frame)
    this.transmit(frame)
  }

  #stepDispatcher(node: SimulatedNode, event: DispatcherEvent): void {
    const { state, effects } = dispatcherStep(node.dispatcher, event, this.nowMs)
    node.dispatcher = state
    for (const effect of effects) this.#performDispatcher(node, effect)
  }

  #performDispatcher(node: SimulatedNode, effect: DispatcherEffect): void {
    switch (effect.type) {
      case 'writeNode':
        node.table.rows[effect.index] = effect.node
        return
      case 'writeSlots':
        node.table.slots = Uint8Array.from(effect.slots)
        node.table.generation = effect.generation
        return
      case 'startTimer':
        node.timers.perform(effect, (expiry) => this.#stepDispatcher(node, expiry))
        return
      case 'send':
        if (effect.to === 'discovery') this.#stepDiscovery(node, effect.message)
        return
      case 'log':
      case 'sweep':
      case 'writeTied':
      case 'tryNode':
        return
      default:
        effect satisfies never
    }
  }

  /** The owner of each slot by address, as a node's table says; null = nobody. */
  owners(address: string): (string | null)[] {
    const { slots, rows } = this.node(address).table
    return Array.from(slots, (index) => rows[index]?.address ?? null)
  }

  /** Slots per address, as a node's table says. */
  shares(address: string): Record<string, number> {
    const shares: Record<string, number> = {}
    for (const owner of this.owners(address)) shares[String(owner)] = (shares[String(owner)] ?? 0) + 1
    return shares
  }

  /** What it warns of. */
  warnings(address: string): readonly string[] {
    return textsOf(this.describe(address).warnings)
  }

  describe(address: string) {
    return describeDiscovery(this.node(address).discovery, this.nowMs, this.nowMs)
  }

  /** Health by address: on a director of all members, else of the directors and itself. */
  health(address: string): Record<string, string> {
    const isDirector = this.node(address).discovery.role === 'director'
    const judged = this.describe(address).members.filter(({ self, director }) => isDirector || self || director)
    return Object.fromEntries(judged.map((member) => [member.address, member.health]))
  }

  counter(address: string, name: string): number {
    return this.describe(address).counters[name] ?? 0
  }

  lines(address: string): string[] {
    return this.node(address).log.map(({ line }) => line)
  }
}

/** A group of those nodes, of whom the first has been director for so long that all is settled. */
export function settledGroup(addresses: readonly string[], options: NodeOptions = {}): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of addresses) group.add(address, options)
  group.elect(addresses[0]!)
  group.run(4500)
  return group
}
