/**
 * The metrics of a gateway in the format of Prometheus. Counters restart from 0 with the actor that counts. Labels `event` and
 * `outcome` have the names of the counters of `GET /status` and `/diagnostics` in snake case.
 *
 * | metric | type | labels | says |
 * |---|---|---|---|
 * | proxyha_info | gauge | node, forwarding, version, vrrp_version | 1; version of proxyha, and of VRRP, of the first instance |
 * | proxyha_build_info | gauge | version, node_version | 1 |
 * | proxyha_role | gauge | role | 1 for the role that the node has |
 * | proxyha_warnings | gauge | code | warnings in the status that have this code (docs/doctor.md); 0 where it is not said |
 * | proxyha_vrrp_director | gauge | instance | 1 where this node is director of it |
 * | proxyha_vrrp_state | gauge | instance, state | 1 for the state that it has: init, backup, master, fault |
 * | proxyha_vrrp_priority, proxyha_vrrp_effective_priority | gauge | instance | as configured; what adverts say |
 * | proxyha_vrrp_tracking | gauge | instance, source | 1 where what is tracked is well |
 * | proxyha_vrrp_last_transition_timestamp_seconds | gauge | instance | when its state changed last |
 * | proxyha_vrrp_takeover_duration_seconds | histogram | instance | from the decision to lead to the addresses on the interface |
 * | proxyha_vrrp_advert_lateness_seconds | histogram | instance | of a director's adverts: after they were due |
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
 * | proxyha_check_duration_seconds | histogram | port | answers of the proxies to `check` |
 * | proxyha_connect_duration_seconds | histogram | | answers of the nodes' proxy ports, as the director tries them |
 * | proxyha_cpu_share, proxyha_memory_share | gauge | | 0..1 of this host |
 * | proxyha_cpu_pressure, proxyha_memory_pressure | gauge | | PSI `some avg10`, 0..1 |
 * | proxyha_established_connections | gauge | | on the proxy ports of this node |
 * | proxyha_actor_up | gauge | actor | 1 while it runs |
 * | proxyha_actor_restarts_total | counter | actor | restarts after a crash or a stall |
 * | proxyha_actor_messages_total | counter | actor | messages handled |
 * | proxyha_actor_mailbox | gauge | actor | messages under way to it |
 * | proxyha_actor_mailbox_overflows_total | counter | actor | messages that met a full mailbox |
 * | proxyha_actor_handling_seconds | histogram | actor | its thread was busy with a message, a timer or a call |
 * | proxyha_timeline_kept | gauge | | 1 where the timeline is written to its file |
 * | proxyha_event_streams | gauge | | readers of /events |
 * | proxyha_event_streams_dropped_total | counter | | readers that were too slow |
 * | proxyha_log_lines_lost_total | counter | output | log lines that nobody took: `stdout`, `syslog`, `journald` |
 * | proxyha_inspector_refused_total | counter | status | requests over TCP that were refused: 401 without the token, 403 under a foreign name |
 * | proxyha_process_resident_bytes | gauge | | memory of the process |
 * | proxyha_process_cpu_seconds_total | counter | | CPU time of the process |
 *
 * Beside them the usual process_* and nodejs_* of prom-client, of the process and of the inspector's thread.
 */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { WARNINGS, type WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { ActorDescription, GatewayStatus, NodeStatus } from '../messages.ts'
import type { Gathered } from '../slices.ts'
import { addElection } from './election-figures.ts'
import { CONTENT_TYPES, FiguresPage, type Format } from './figures-page.ts'
import { addNodes } from './group-figures.ts'
import { addActors, addHost } from './host-figures.ts'
import { collectLoopLag, SELDOM_MS } from './loop-lag.ts'

/** What only the inspector and its process know. */
export interface OwnFigures {
  /** Of proxyha. */
  readonly version: string
  readonly warnings: readonly Warning[]
  /** All that are known, whoever leads. */
  readonly nodes: readonly NodeStatus[]
  /** Requests that were refused, by status. */
  readonly refusals: Readonly<Record<401 | 403, number>>
  /** Now, by the calendar. */
  readonly wallMs: number
  /** The timeline is written to its file. */
  readonly timelineKept: boolean
  readonly streams: number
  readonly streamsDropped: number
  /** By where they were to go. */
  readonly lostLines: readonly (readonly [output: string, lines: number])[]
  readonly residentBytes: number
  readonly cpuSeconds: number
}

/** Gauges whose names say that they are counters; the same is in others by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** The metrics of a gateway. */
export class Metrics {
  /** Of the process: prom-client looks for them itself. */
  readonly #ofProcess = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.#ofProcess, eventLoopMonitoringPrecision: SELDOM_MS })
    for (const name of MISNAMED) this.#ofProcess.removeSingleMetric(name)
    collectLoopLag(this.#ofProcess)
  }

  typeOf(format: Format): (typeof CONTENT_TYPES)[Format] {
    return CONTENT_TYPES[format]
  }

  /** `actors`: empty where the supervisor did not answer. */
  render(
    format: Format,
    status: GatewayStatus,
    { slices, instances }: Gathered,
    actors: readonly ActorDescription[],
    own: OwnFigures,
  ): Promise<string> {
    const page = new FiguresPage()
    addRole(page, status, own)
    addElection(page, status.instances, instances, own.wallMs)
    addNodes(page, status, own.nodes, slices)
    addHost(page, status, slices)
    addActors(page, actors)
    addOwn(page, own)
    return page.render(format, this.#ofProcess)
  }
}

function addRole(page: FiguresPage, status: GatewayStatus, own: OwnFigures): void {
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
  page.gauge('build_info', 'What runs here', [[{ version: own.version, node_version: process.version }, 1]])
  const roles = ['director', 'scanning', 'initializing'] as const
  page.gauge(
    'role',
    'The role that the node has',
    roles.map((role) => [{ role }, Number(role === status.role)]),
  )
  const said = Map.groupBy(own.warnings, ({ code }) => code)
  const codes = Object.keys(WARNINGS) as readonly WarningCode[]
  page.gauge(
    'warnings',
    'Warnings in the status',
    codes.map((code) => [{ code }, said.get(code)?.length ?? 0]),
  )
  const held = status.virtualIps.map(({ address, held }) => [{ address }, Number(held)] as const)
  page.gauge('virtual_ip_held', 'Virtual IPs that this node holds', held)
}

function addOwn(page: FiguresPage, own: OwnFigures): void {
  page.gauge('timeline_kept', 'The timeline is written to its file', [[{}, Number(own.timelineKept)]])
  page.gauge('event_streams', 'Readers of /events', [[{}, own.streams]])
  page.counter('event_streams_dropped_total', 'Readers of /events that were too slow', [[{}, own.streamsDropped]])
  const lost = own.lostLines.map(([output, lines]) => [{ output }, lines] as const)
  page.counter('log_lines_lost_total', 'Log lines that nobody took', lost)
  const refused = Object.entries(own.refusals).map(([status, count]) => [{ status }, count] as const)
  page.counter('inspector_refused_total', 'Requests that were refused', refused)
  page.gauge('process_resident_bytes', 'Memory of the process', [[{}, own.residentBytes]])
  page.counter('process_cpu_seconds_total', 'CPU time of the process', [[{}, own.cpuSeconds]])
}
