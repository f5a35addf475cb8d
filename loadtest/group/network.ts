import type { Topology } from '../../runtime/lab/topology.ts'

export const modes = ['kernel', 'workers'] as const
export type Mode = (typeof modes)[number]

export const clientHost = 'client'
export const virtualIp = '10.40.0.100'
const prefixLength = 16
const proxyPort = 3128
export const originalPort = 8080

/** Source addresses of the client. */
export const sources = Array.from({ length: 100 }, (_, index) => `10.40.1.${index + 1}`)

export interface NodePlan {
  readonly host: string
  readonly ip: string
  readonly priority: number
}

const nodePlan = (index: number): NodePlan => ({
  host: `node${index}`,
  ip: `10.40.0.${11 + index}`,
  priority: 99 - 10 * index,
})

/** The director, the one that follows it, and a third. */
export const [director, follower, third] = [nodePlan(0), nodePlan(1), nodePlan(2)]
/** Joins later. */
export const joining = nodePlan(3)
export const group: readonly NodePlan[] = [director, follower, third]

export const topology: Topology = {
  bridge: 'lan',
  hosts: [
    { name: clientHost, addresses: sources.map((source) => `${source}/${prefixLength}`) },
    ...[...group, joining].map(({ host, ip }) => ({ name: host, addresses: [`${ip}/${prefixLength}`] })),
  ],
}

/** `capacity`: of the node, as its operator sets it. */
export function gatewayYaml(node: NodePlan, mode: Mode, controlSocket: string, capacity: number): string {
  return `name: ${node.host}
interface: eth0
managementIp: ${node.ip}
directorPriority: ${node.priority}
virtualIps: [${virtualIp}/${prefixLength}]
redirects:
  - { protocol: tcp, originalPorts: [${originalPort}], proxyPort: ${proxyPort} }
forwarding: ${mode}
balancing: { capacity: ${capacity}, slowStart: 0s }
cluster: { key: ${'survival'.repeat(4)} }
control: { socket: ${controlSocket} }
`
}

export const serverArguments = ({ host }: NodePlan): readonly string[] => [host, `${proxyPort}`]
