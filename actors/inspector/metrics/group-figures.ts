/** Of the nodes of the group, and of what this one forwards to them. */
import type { NodeCounters } from '../../fast-path/messages.ts'
import type { GatewayStatus, NodeStatus } from '../messages.ts'
import type { Slices } from '../slices.ts'
import { byEvent, type FiguresPage, type Samples, snakeCase } from './figures-page.ts'

/** `known`: all nodes, as those of the status are the director and itself on a scanning node. */
export function addNodes(
  page: FiguresPage,
  { nodes }: GatewayStatus,
  known: readonly NodeStatus[],
  slices: Slices,
): void {
  const states = ['ok', 'failure', 'stale', 'draining', 'left'] as const
  const stateOf = ({ left, state }: NodeStatus) => (left ? 'left' : state)
  const counts = states.map((state) => [{ state }, known.filter((node) => stateOf(node) === state).length] as const)
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
    Object.entries(counters).map(
      ([outcome, count]) => [{ protocol, outcome: snakeCase(outcome) }, Number(count)] as const,
    ),
  )
  page.counter('forwarder_events_total', 'What the forwarders count', byEvent(slices.forwarder?.counters))
  page.counter('packets_total', 'Raw IP packets', packets)
  addKernel(page, slices['fast-path'])
}

function addKernel(page: FiguresPage, kernel: Slices['fast-path']): void {
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
