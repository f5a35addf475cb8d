import { type NodePlan, prefixLength, redirectPort, servicePort, virtualIp, virtualRouterId } from './network.ts'
import type { Pace } from './plan.ts'

/** A node of proxyha. */
export function gatewayYaml(
  node: NodePlan,
  pace: Pace,
  controlSocket: string,
  forwarding: 'workers' | 'kernel' = 'workers',
): string {
  return `name: ${node.host}
interface: eth0
managementIp: ${node.ip}
directorPriority: ${node.priority}
virtualRouterId: ${virtualRouterId}
virtualIps: [${virtualIp}/${prefixLength}]
redirects:
  - { protocol: http, originalPorts: [${redirectPort}], proxyPort: ${servicePort} }
forwarding: ${forwarding}
vrrp: { version: ${pace.version}, advertInterval: ${pace.advertIntervalMs}ms }
cluster: { key: ${'failover'.repeat(4)} }
control: { socket: ${controlSocket} }
`
}

/**
 * The same node of keepalived, with its defaults: five gratuitous ARPs at once and five more after 5 s, and an ordinary
 * scheduling class (`vrrp_rt_priority` would raise it).
 */
export function keepalivedConf(node: NodePlan, pace: Pace): string {
  return `global_defs {
  vrrp_version ${pace.version}
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id ${virtualRouterId}
  priority ${node.priority}
  advert_int ${pace.advertIntervalMs / 1000}
  virtual_ipaddress {
    ${virtualIp}/${prefixLength}
  }
}
`
}
