import { describeElector } from '../../../../actors/elector/description.ts'
import type { Observed } from '../../../../actors/inspector/doctor/findings.ts'
import type { GatewayStatus, InstanceStatus, NodeStatus } from '../../../../actors/inspector/messages.ts'
import type { ToldWarning } from '../../../../actors/inspector/warnings.ts'
import { textsOf, type Warning } from '../../../../runtime/actor-system/inspection/warning.ts'
import { type Bench, OTHER, OWN, VIP } from '../../elector/bench.ts'

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
  reachMs: null,
  totalConnections: 0,
  failedConnections: 0,
  bytesIn: 0,
  bytesOut: 0,
  connectionsPerS: null,
  bytesInPerS: null,
  bytesOutPerS: null,
  cpu: 0.1,
  memory: 0.1,
  capacity: 100,
  agent: null,
  failedPorts: [],
  overloaded: false,
  slowStart: null,
  weightReason: null,
  lastSeenMs: 300,
  source: change.self === true ? 'self' : 'beacon',
  ageMs: 300,
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
  return { name, family: 'ipv4', ...described, virtualIps, warnings: textsOf(described.warnings), ...change }
}

/** A status with its warnings as they are told. */
export interface SeenStatus extends GatewayStatus {
  readonly told: readonly ToldWarning[]
}

/** The status of a node whose elector is in that state, everything else being as it should be. `said`: what other actors warn of. */
export function statusOf(bench: Bench, change: Partial<GatewayStatus> = {}, said: readonly Warning[] = []): SeenStatus {
  const { virtualIps: changed, ...others } = change
  const told = [
    ...describeElector(bench.state, bench.nowMs).warnings.map((one) => ({ ...one, instance: 'VI_51' })),
    ...said.map((one) => ({ ...one, instance: null })),
  ]
  const only = instanceOf(bench, 'VI_51', changed === undefined ? {} : { virtualIps: changed })
  const { role, virtualIps } = only
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
    warnings: textsOf(told),
    told,
    ...others,
  }
}

/** The same, without a client. */
export const observedOf = (status: SeenStatus, change: Partial<Observed> = {}): Observed => ({
  status,
  warnings: status.told,
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
  ...change,
})
