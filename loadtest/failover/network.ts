import { hostsOf, type NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import type { Topology } from '../../runtime/lab/testbed/topology.ts'

/** One client, and two nodes on which the daemons have their turns. */
export const clientHost = 'client'
export const clientIp = '10.30.0.1'
export const virtualIp = '10.30.0.100'
export const prefixLength = 24
export const virtualRouterId = 51

/** The director while all is well. */
export const first: NodePlan = { host: 'first', ip: '10.30.0.11', priority: 99 }
export const second: NodePlan = { host: 'second', ip: '10.30.0.12', priority: 89 }
export const nodes: readonly NodePlan[] = [first, second]

/**
 * Where every node's own service listens, on 0.0.0.0. It is no redirect, so on the VIP the host that holds it answers, for
 * proxyha as for keepalived: what is measured is the election and the ARP, not a proxy that only one of them has.
 */
export const servicePort = 7000
/** The redirect to it. In kernel mode clients connect to this. */
export const redirectPort = 8080

export const topology: Topology = {
  bridge: 'lan',
  prefixLength,
  hosts: { [clientHost]: [clientIp], ...hostsOf(nodes) },
}
