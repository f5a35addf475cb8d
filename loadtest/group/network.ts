import { type GroupPlan, hostsOf, type NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import type { Topology } from '../../runtime/lab/testbed/topology.ts'

export const modes = ['kernel', 'workers'] as const
export type Mode = (typeof modes)[number]

export const clientHost = 'client'
export const virtualIp = '10.40.0.100'
export const prefixLength = 16
export const proxyPort = 3128
export const originalPort = 8080

/** Source addresses of the client. */
export const sources = Array.from({ length: 100 }, (_, index) => `10.40.1.${index + 1}`)

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
  prefixLength,
  hosts: {
    [clientHost]: sources,
    ...hostsOf([...group, joining]),
  },
}

/** `capacity`: of the node, as its operator sets it; `settings`: more lines of YAML. */
export const groupPlan = (mode: Mode, capacity: number, settings = ''): GroupPlan => ({
  virtualIp: `${virtualIp}/${prefixLength}`,
  redirect: `protocol: tcp, originalPorts: [${originalPort}], proxyPort: ${proxyPort}`,
  settings: `forwarding: ${mode}
balancing: { capacity: ${capacity}, slowStart: 0s }
${settings}`,
})
