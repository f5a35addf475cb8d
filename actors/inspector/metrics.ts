/**
 * The metrics of a gateway in the format of Prometheus. Counters restart from 0 with the actor that counts.
 *
 * | metric | type | labels | says |
 * |---|---|---|---|
 * | proxyha_info | gauge | node, forwarding, version, vrrp_version | 1; version of proxyha, and of VRRP, of the first instance |
 * | proxyha_role | gauge | role | 1 for the role that the node has |
 * | proxyha_warnings | gauge | | warnings in the status |
 * | proxyha_vrrp_director | gauge | instance | 1 where this node is director of it |
 * | proxyha_vrrp_priority | gauge | instance | own priority |
 * | proxyha_vrrp_transitions_total | counter | instance | became or ceased to be director |
 * | proxyha_vrrp_events_total | counter | instance, event | adverts sent, received and discarded, by kind |
 * | proxyha_virtual_ip_held | gauge | address | 1 where this node holds it |
 * | proxyha_gratuitous_arps_total | counter | | gratuitous ARP packets sent |
 * | proxyha_lease_expiries_total | counter | | VIPs given up because the lease ran out |
 * | proxyha_nodes | gauge | state | nodes that are ok, failure, stale, draining, left; left ones stopped in order and are not counted as stale |
 * | proxyha_node_active_connections | gauge | address, name | connections now |
 * | proxyha_node_connections_total | counter | address, name | connections handed to the node |
 * | proxyha_node_weight | gauge | address, name | 0..256 |
 * | proxyha_node_slots | gauge | address, name | slots of 4096 owned |
 * | proxyha_node_last_seen_seconds | gauge | address, name | since its last sign of life |
 * | proxyha_beacon_events_total | counter | event | beacons sent, received and dropped, by kind |
 * | proxyha_packets_total | counter | protocol, outcome | raw IP packets |
 * | proxyha_forwarder_events_total | counter | event | what the forwarders count: connections, refusals, retries |
 * | proxyha_kernel_packets_total, proxyha_kernel_bytes_total | counter | address | kernel mode: sent to the node by this host, as director |
 * | proxyha_kernel_pins | gauge | family | kernel mode: clients that are remembered at their nodes; missing where the kernel does not say |
 * | proxyha_kernel_unpinned_packets_total | counter | | kernel mode: packets of clients that went by their slot because there was no room |
 * | proxyha_kernel_transactions_total | counter | event | kernel mode: nftables transactions applied, refused, restored |
 * | proxyha_proxy_port_listening | gauge | port | 1 where the proxy listens as it must |
 * | proxyha_cpu_share, proxyha_memory_share | gauge | | 0..1 of this host |
 * | proxyha_cpu_pressure, proxyha_memory_pressure | gauge | | PSI `some avg10`, 0..1 |
 * | proxyha_established_connections | gauge | | on the proxy ports of this node |
 * | proxyha_actor_up | gauge | actor | 1 while it runs |
 * | proxyha_actor_restarts_total | counter | actor | restarts after a crash or a stall |
 * | proxyha_actor_messages_total | counter | actor | messages handled |
 * | proxyha_actor_mailbox | gauge | actor | messages under way to it |
 * | proxyha_actor_mailbox_overflows_total | counter | actor | messages that met a full mailbox |
 * | proxyha_event_streams | gauge | | readers of /events |
 * | proxyha_event_streams_dropped_total | counter | | readers that were too slow |
 * | proxyha_log_lines_lost_total | counter | output | log lines that nobody took: `stdout`, `syslog` |
 * | proxyha_inspector_refused_total | counter | status | requests over TCP that were refused: 401 without the token, 403 under a foreign name |
 * | proxyha_process_resident_bytes | gauge | | memory of the process |
 * | proxyha_process_cpu_seconds_total | counter | | CPU time of the process |
 */
import { Counter, Gauge, Registry } from 'prom-client'
import type { AnnouncerStatus } from '../announcer/messages.ts'
import type { NodeCounters } from '../fast-path/messages.ts'
import type { ActorDescription, GatewayStatus, InstanceStatus, NodeStatus } from './messages.ts'
import type { Gathered, InstanceSlices, Slices } from './slices.ts'

/** What only the inspector and its process know. */
export interface OwnFigures {
  /** Of proxyha. */
  readonly version: string
  /** Requests that were refused, by status. */
  readonly refusals: Readonly<Record<401 | 403, number>>
  readonly streams: number
  readonly streamsDropped: number
  /** By where they were to go. */
  readonly lostLines: readonly (readonly [output: string, lines: number])[]
  readonly residentBytes: number
  readonly cpuSeconds: number
}

/** `actors`: empty where the supervisor did not answer. */
export function renderMetrics(
  status: GatewayStatus,
  { slices, instances }: Gathered,
  actors: readonly ActorDescription[],
  own: OwnFigures,
): Promise<string> {
  const page = new MetricsPage()
  addRole(page, status, own)
  addElection(page, status.instances, instances)
  addNodes(page, status, slices)
  addHost(page, status, slices)
  addActors(page, actors)
  page.gauge('event_streams', 'Readers of /events', [[{}, own.streams]])
  page.counter('event_streams_dropped_total', 'Readers of /events that were too slow', [[{}, own.streamsDropped]])
  const lost = own.lostLines.map(([output, lines]) => [{ output }, lines] as const)
  page.counter('log_lines_lost_total', 'Log lines that nobody took', lost)
  const refused = Object.entries(own.refusals).map(([status, count]) => [{ status }, count] as const)
  page.counter('inspector_refused_total', 'Requests that were refused', refused)
  page.gauge('process_resident_bytes', 'Memory of the process', [[{}, own.residentBytes]])
  page.counter('process_cpu_seconds_total', 'CPU time of the process', [[{}, own.cpuSeconds]])
  return page.render()
}

type Samples = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]

/** One scrape's figures, in a registry of its own. */
class MetricsPage {
  readonly #registry = new Registry()

  gauge(name: string, help: string, samples: Samples): void {
    const gauge = new Gauge({ ...this.#options(name, help, samples), registers: [this.#registry] })
    for (const [labels, value] of samples) gauge.set(labels, value)
  }

  counter(name: string, help: string, samples: Samples): void {
    const counter = new Counter({ ...this.#options(name, help, samples), registers: [this.#registry] })
    for (const [labels, value] of samples) counter.inc(labels, value)
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }

  #options(name: string, help: string, samples: Samples) {
    return { name: `proxyha_${name}`, help, labelNames: Object.keys(samples[0]?.[0] ?? {}) }
  }
}

function addRole(page: MetricsPage, status: GatewayStatus, own: OwnFigures): void {
  page.gauge('info', 'This gateway', [
    [
      {
        node: status.node,
        forwarding: status.forwarding,
        version: own.version,
        vrrp_version: String(status.vrrp.version),
      },
      1,
    ],
  ])
  const roles = ['director', 'scanning', 'initializing'] as const
  page.gauge(
    'role',
    'The role that the node has',
    roles.map((role) => [{ role }, Number(role === status.role)]),
  )
  page.gauge('warnings', 'Warnings in the status', [[{}, status.warnings.length]])
  const held = status.virtualIps.map(({ address, held }) => [{ address }, Number(held)] as const)
  page.gauge('virtual_ip_held', 'Virtual IPs that this node holds', held)
}

function addElection(page: MetricsPage, instances: readonly InstanceStatus[], slices: readonly InstanceSlices[]): void {
  const ofInstances = (figure: (instance: InstanceStatus) => number): Samples =>
    instances.map((instance) => [{ instance: instance.name }, figure(instance)])
  const isDirector = ofInstances(({ role }) => Number(role === 'director'))
  page.gauge('vrrp_director', 'Virtual routers that this node is director of', isDirector)
  page.gauge(
    'vrrp_priority',
    'Own priority',
    ofInstances(({ priority }) => priority),
  )
  page.counter(
    'vrrp_transitions_total',
    'Became or ceased to be director',
    ofInstances(({ transitions }) => transitions),
  )
  const events = instances.flatMap(({ name, counters }) =>
    Object.entries(counters).map(([event, count]) => [{ instance: name, event }, count] as const),
  )
  page.counter('vrrp_events_total', 'What happened to adverts', events)
  const total = (figure: (announcer: AnnouncerStatus) => number): Samples => [
    [{}, slices.reduce((sum, { announcer }) => sum + (announcer === null ? 0 : figure(announcer)), 0)],
  ]
  const garps = total(({ gratuitousArpsSent }) => gratuitousArpsSent)
  page.counter('gratuitous_arps_total', 'Gratuitous ARP packets sent', garps)
  const expiries = total(({ leaseExpiries }) => leaseExpiries)
  page.counter('lease_expiries_total', 'Virtual IPs given up because the lease ran out', expiries)
}

function addNodes(page: MetricsPage, { nodes }: GatewayStatus, slices: Slices): void {
  const states = ['ok', 'failure', 'stale', 'draining', 'left'] as const
  const stateOf = ({ left, state }: NodeStatus) => (left ? 'left' : state)
  const counts = states.map((state) => [{ state }, nodes.filter((node) => stateOf(node) === state).length] as const)
  page.gauge('nodes', 'Nodes by state', counts)
  const ofNodes = (figure: (node: (typeof nodes)[number]) => number): Samples =>
    nodes.map((node) => [{ address: node.address, name: node.name }, figure(node)])
  page.gauge(
    'node_active_connections',
    'Connections of a node now',
    ofNodes((node) => node.activeConnections),
  )
  page.counter(
    'node_connections_total',
    'Connections handed to a node',
    nodes.flatMap(({ address, name, totalConnections }) =>
      totalConnections === null ? [] : [[{ address, name }, totalConnections] as const],
    ),
  )
  page.gauge(
    'node_weight',
    'Weight of a node, 0..256',
    ofNodes((node) => node.weight),
  )
  page.gauge(
    'node_slots',
    'Slots that a node owns, of 4096',
    ofNodes((node) => node.slots),
  )
  page.gauge(
    'node_last_seen_seconds',
    "Since a node's last sign of life",
    ofNodes((node) => node.lastSeenMs / 1000),
  )
  page.counter('beacon_events_total', 'What happened to beacons', byEvent(slices.discovery?.counters))
  const packets = Object.entries(slices['raw-ip']?.counters ?? {}).flatMap(([protocol, counters]) =>
    Object.entries(counters).map(([outcome, count]) => [{ protocol, outcome }, Number(count)] as const),
  )
  page.counter('forwarder_events_total', 'What the forwarders count', byEvent(slices.forwarder?.counters))
  page.counter('packets_total', 'Raw IP packets', packets)
  addKernel(page, slices['fast-path'])
}

function addKernel(page: MetricsPage, kernel: Slices['fast-path']): void {
  if (kernel === null) return
  const ofNodes = (figure: (node: NodeCounters) => number): Samples =>
    kernel.nodes.map((node) => [{ address: node.address }, figure(node)])
  const packets = ofNodes((node) => node.packets)
  const bytes = ofNodes((node) => node.bytes)
  page.counter('kernel_packets_total', 'Packets that were sent to the node', packets)
  page.counter('kernel_bytes_total', 'Bytes that were sent to the node', bytes)
  const pins = kernel.pins.flatMap(({ family, count }) => (count === null ? [] : [[{ family }, count] as const]))
  page.gauge('kernel_pins', 'Clients that are remembered at their nodes', pins)
  const unpinned: Samples = kernel.unpinnedPackets === null ? [] : [[{}, kernel.unpinnedPackets]]
  page.counter('kernel_unpinned_packets_total', 'Packets of clients for which there was no room', unpinned)
  page.counter('kernel_transactions_total', 'nftables transactions', byEvent(kernel.counters))
}

function addHost(page: MetricsPage, { monitor }: GatewayStatus, slices: Slices): void {
  const ports = monitor.ports.map(({ port, listening }) => [{ port: String(port) }, Number(listening)] as const)
  page.gauge('proxy_port_listening', 'Proxy ports that are listened on as they must', ports)
  const reporter = slices['stats-reporter']
  const { cpu, memory, pressure, activeConnections } = reporter?.load ?? {}
  const known = (value: number | null | undefined): Samples =>
    value === null || value === undefined ? [] : [[{}, value]]
  page.gauge('cpu_share', 'CPU in use, 0..1', known(cpu))
  page.gauge('memory_share', 'Memory in use, 0..1', known(memory))
  page.gauge('cpu_pressure', 'PSI of cpu, some avg10, 0..1', known(pressure))
  page.gauge('memory_pressure', 'PSI of memory, some avg10, 0..1', known(reporter?.memoryPressure))
  page.gauge('established_connections', 'Connections on the proxy ports of this node', known(activeConnections))
}

function addActors(page: MetricsPage, actors: readonly ActorDescription[]): void {
  const ofActors = (figure: (actor: ActorDescription) => number): Samples =>
    actors.map((actor) => [{ actor: actor.name }, figure(actor)])
  page.gauge(
    'actor_up',
    'Actors that run',
    ofActors(({ state }) => Number(state === 'running')),
  )
  page.counter(
    'actor_restarts_total',
    'Restarts after a crash or a stall',
    ofActors(({ restarts }) => restarts),
  )
  page.counter(
    'actor_messages_total',
    'Messages handled',
    ofActors(({ handled }) => handled),
  )
  page.gauge(
    'actor_mailbox',
    'Messages under way',
    ofActors(({ mailbox }) => mailbox),
  )
  page.counter(
    'actor_mailbox_overflows_total',
    'Messages that met a full mailbox',
    ofActors(({ overflowed }) => overflowed),
  )
}

function byEvent(counters: Readonly<Record<string, number>> | undefined): Samples {
  return Object.entries(counters ?? {}).map(([event, count]) => [{ event }, count])
}
