import type { GroupPlan, NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { prefixLength, redirectPort, servicePort, virtualIp, virtualRouterId } from './network.ts'
import type { Pace } from './plan.ts'

const withPrefix = `${virtualIp}/${prefixLength}`

/** Both nodes as proxyha's. */
export const groupPlan = ({ version, advertIntervalMs }: Pace, forwarding: 'workers' | 'kernel'): GroupPlan => ({
  virtualIp: withPrefix,
  redirect: `protocol: http, originalPorts: [${redirectPort}], proxyPort: ${servicePort}`,
  settings: `virtualRouterId: ${virtualRouterId}
forwarding: ${forwarding}
vrrp: { version: ${version}, advertInterval: ${advertIntervalMs}ms }`,
})

/** The same node as keepalived's. */
export const keepalivedPlan = ({ version, advertIntervalMs }: Pace, { priority }: NodePlan): KeepalivedPlan => ({
  version,
  priority,
  advertInterval: advertIntervalMs / 1000,
  virtualIp: withPrefix,
})

/** A node of keepalived. */
export interface KeepalivedPlan {
  readonly version: 2 | 3
  readonly priority: number
  /** In seconds. */
  readonly advertInterval: number
  /** With its prefix. */
  readonly virtualIp: string
  /** More lines of its instance. */
  readonly settings?: string
}

/**
 * Its configuration, with its defaults: five gratuitous ARPs at once and five more after 5 s, and an ordinary scheduling class
 * (`vrrp_rt_priority` would raise it).
 */
export const keepalivedConf = (plan: KeepalivedPlan): string => `global_defs {
  vrrp_version ${plan.version}
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id ${virtualRouterId}
  priority ${plan.priority}
  advert_int ${plan.advertInterval}
  ${plan.settings ?? ''}
  virtual_ipaddress {
    ${plan.virtualIp}
  }
}
`
