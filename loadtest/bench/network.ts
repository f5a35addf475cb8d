import { hostsOf, type NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import type { Topology } from '../../runtime/lab/testbed/topology.ts'

/** The load test's network: one client, the director in the middle, two backends. */
export const clientHost = 'client'
export const directorHost = 'director'
export const backendHosts = ['backend-a', 'backend-b'] as const

const clientIp = '10.20.0.1'
export const directorIp = '10.20.0.10'
export const backendIps = ['10.20.0.21', '10.20.0.22'] as const
export const virtualIp = '10.20.0.100'
/** The VIP of kernel mode, beside the one of workers mode. */
export const kernelVirtualIp = '10.20.0.101'
/** Of the first backend, behind the director as a router. */
export const routedIp = '10.20.1.21'
export const prefixLength = 24

/** Where the backends serve, and where each way between takes connections. */
export const backendPort = 9090
export const proxyhaPort = 8080
export const haproxyPort = 9091
export const nginxPort = 9092

/** The gateways: the director, with nothing beside it, and one beside each backend. */
export const nodes: readonly NodePlan[] = [
  { host: directorHost, ip: directorIp, priority: 99 },
  ...backendHosts.map((host, index) => ({ host, ip: backendIps[index] ?? '', priority: 89 - 10 * index })),
]

export const topology: Topology = {
  bridge: 'lan',
  prefixLength,
  hosts: { [clientHost]: [clientIp], ...hostsOf(nodes) },
}
