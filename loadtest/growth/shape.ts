/** What a group is like at a point, and the configuration of its gateways. Pure. */
import { clusterKey, type NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { type Mode, prefixLength } from '../group/network.ts'
import { originalPortOf, proxyPortOf, virtualIpOf } from './network.ts'
import { type Axis, tableSizeFor } from './plan.ts'

/** A group as it is at a point of an axis: in all other respects the smallest. */
export interface Shape {
  readonly mode: Mode
  readonly nodes: number
  readonly virtualIps: number
  readonly instances: number
  readonly redirects: number
  readonly clients: number
  readonly connections: number
}

const smallest = { nodes: 2, virtualIps: 1, instances: 1, redirects: 1, clients: 0, connections: 0 } as const

export function shapeAt(axis: Axis, mode: Mode, at: number): Shape {
  const shape = { ...smallest, mode }
  switch (axis) {
    case 'nodes':
      return { ...shape, nodes: at }
    case 'clients':
      return { ...shape, clients: at }
    case 'connections':
      return { ...shape, connections: at }
    case 'redirects':
      return { ...shape, redirects: at }
    case 'vips':
      return { ...shape, virtualIps: at }
    case 'instances':
      return { ...shape, instances: at, virtualIps: at }
    default:
      return axis satisfies never
  }
}

export const VIRTUAL_ROUTER_ID = 51
/** Silence after which the follower leads: by the defaults of VRRP, three adverts of a second and the skew of its priority (RFC 3768 §6.1). */
export const downIntervalMs = ({ priority }: NodePlan): number => 3000 + ((256 - priority) * 1000) / 256
const DEFAULT_CONNECTIONS = 65_536

export function shapeYaml(node: NodePlan, shape: Shape, socket: string): string {
  const { mode, instances, virtualIps, redirects, clients, connections } = shape
  const addresses = numbered(virtualIps).map((index) => `'${virtualIpOf(index)}/${prefixLength}'`)
  const election =
    instances === 1
      ? [
          `virtualRouterId: ${VIRTUAL_ROUTER_ID}`,
          `directorPriority: ${node.priority}`,
          `virtualIps: [${addresses.join(', ')}]`,
        ]
      : [
          'instances:',
          ...numbered(instances).map(
            (index) =>
              `  - { virtualRouterId: ${VIRTUAL_ROUTER_ID + index}, directorPriority: ${node.priority}, virtualIps: [${addresses[index]}] }`,
          ),
        ]
  return [
    `name: ${node.host}`,
    'interface: eth0',
    `managementIp: ${node.ip}`,
    ...election,
    'redirects:',
    ...numbered(redirects).map(
      (index) => `  - { protocol: tcp, originalPorts: [${originalPortOf(index)}], proxyPort: ${proxyPortOf(index)} }`,
    ),
    `forwarding: ${mode}`,
    'balancing: { slowStart: 0s }',
    `clients: { tableSize: ${tableSizeFor(clients)} }`,
    `limits: { connections: ${Math.max(DEFAULT_CONNECTIONS, 2 * connections)} }`,
    `cluster: { key: "${clusterKey}" }`,
    `control: { socket: ${socket} }`,
    '',
  ].join('\n')
}

const numbered = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)
