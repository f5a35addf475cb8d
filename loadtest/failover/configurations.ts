import type { GroupPlan, NodePlan } from '../../runtime/lab/gateway.ts'
import { prefixLength, redirectPort, servicePort, virtualIp, virtualRouterId } from './network.ts'
import type { Pace } from './plan.ts'

/** Both nodes as proxyha's. */
export const groupPlan = ({ version, advertIntervalMs }: Pace, forwarding: 'workers' | 'kernel'): GroupPlan => ({
  virtualIp: `${virtualIp}/${prefixLength}`,
  redirect: `protocol: http, originalPorts: [${redirectPort}], proxyPort: ${servicePort}`,
  settings: `virtualRouterId: ${virtualRouterId}
forwarding: ${forwarding}
vrrp: { version: ${version}, advertInterval: ${advertIntervalMs}ms }`,
})

/**
 * A node of keepalived, with its defaults: five gratuitous ARPs at once and five more after 5 s, and an ordinary
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
