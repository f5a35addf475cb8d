import { describeElector } from '../../../actors/elector/description.ts'
import type { GatewayStatus, InstanceStatus, NodeStatus } from '../../../actors/inspector/messages.ts'
import type { Observed } from '../../../runtime/cli/doctor/findings.ts'
import { type Bench, OTHER, OWN, VIP } from '../../actors/elector/bench.ts'
import { healthyHost } from './captured-cli.ts'

/** A node that is as it should be. */
export const nodeOf = (address: string, change: Partial<NodeStatus> = {}): NodeStatus => ({
  name: `node-${address.split('.').at(-1)}`,
  address,
  mac: '02:00:00:00:00:01',
  self: false,
  director: false,
  state: 'ok',
  forwarding: 'workers',
  weight: 256,
  slots: 2048,
  activeConnections: 0,
  drained: false,
  maint: false,
  lastResort: false,
  totalConnections: 0,
  cpu: 0.1,
  memory: 0.1,
  capacity: 100,
  agent: null,
  failedPorts: [],
  overloaded: false,
  slowStart: null,
  weightReason: null,
  lastSeenMs: 300,
  left: false,
  key: 'current',
  missing: false,
  missingSince: null,
  ...change,
})

/** One virtual router whose elector is in that state. */
export function instanceOf(bench: Bench, name: string, change: Partial<InstanceStatus> = {}): InstanceStatus {
  const described = describeElector(bench.state, bench.nowMs)
  const virtualIps = [{ address: VIP, held: described.role === 'director' }]
  return { name, family: 'ipv4', ...described, virtualIps, ...change }
}

/** The status of a node whose elector is in that state, everything else being as it should be. */
export function statusOf(bench: Bench, change: Partial<GatewayStatus> = {}): GatewayStatus {
  const { virtualIps: changed, ...others } = change
  const only = instanceOf(bench, 'VI_51', changed === undefined ? {} : { virtualIps: changed })
  const { role, warnings, virtualIps } = only
  const isDirector = role === 'director'
  return {
    node: 'jupiter',
    role,
    forwarding: 'workers',
    vrrp: only,
    instances: [only],
    virtualIps,
    monitor: { state: 'ok', ports: [{ port: 3128, listening: true, problem: null }] },
    nodes: [
      nodeOf(OWN, { self: true, director: isDirector, totalConnections: 7 }),
      nodeOf(OTHER, { director: !isDirector }),
    ],
    warnings,
    ...others,
  }
}

/** The same, on a host on which nothing is wrong, without a client. */
export const observedOf = (status: GatewayStatus, change: Partial<Observed> = {}): Observed => ({
  status,
  diagnostics: {
    pid: 77,
    interfaceName: 'eth0',
    managementIp: OWN,
    redirects: [{ originalPorts: [8080], proxyPort: 3128 }],
    portRanges: [],
    holders: null,
    counters: {},
  },
  clients: [],
  host: healthyHost(),
  ...change,
})
