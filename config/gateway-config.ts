import type { AddressFamily } from '../runtime/wire/ip-address-bytes.ts'
import type { PortRange } from './fields.ts'
import type { LoggingConfig } from './logging.ts'

/** Where the control socket is unless it is named. */
export const DEFAULT_SOCKET = '/run/proxyha.sock'

/** An address that the director holds. */
export interface VirtualIp {
  readonly address: string
  /** 1..32, IPv6 1..128. */
  readonly prefixLength: number
}

/** How one virtual router is elected. */
export interface VrrpConfig {
  readonly version: 2 | 3
  /** Centiseconds: whole seconds (100..25500) in version 2, 1..4095 in version 3. */
  readonly advertIntervalCs: number
  readonly preempt: boolean
  readonly preemptDelayMs: number
  readonly holdOffMs: number
  /** Version 3: the longest interval of a master that is gone by, in centiseconds. */
  readonly longestLearnedCs: number
  /** Adverts with other virtual IPs are discarded. */
  readonly strict: boolean
  /** Empty = multicast. */
  readonly unicastPeers: readonly string[]
}

/** One virtual router: its family and VRID tell it from the others. */
export interface InstanceConfig {
  /** `VI_51` where the file gives none; no two have the same. */
  readonly name: string
  readonly family: AddressFamily
  /** 1..255. */
  readonly virtualRouterId: number
  /** 1..255; 255 = owner of the addresses. */
  readonly directorPriority: number
  /** At least one, all of `family`. */
  readonly virtualIps: readonly VirtualIp[]
  readonly vrrp: VrrpConfig
}

interface Redirect {
  /** For people. */
  readonly protocol: string
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
  readonly proxyProtocol: 'off' | 'v1' | 'v2'
  /** What the proxy is asked beside whether it listens; null: nothing. */
  readonly check: ProxyCheck | null
}

export interface ProxyCheck {
  /** That the proxy is asked for; null: a TCP connection is all. */
  readonly url: string | null
  /** Empty: 200..399. */
  readonly expectedStatus: readonly number[]
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** How an agent is asked: by one of them. There is none where `command` is empty and `url` is null. */
interface AgentCheck {
  /** A program, by its path, and its arguments. */
  readonly command: readonly string[]
  readonly url: string | null
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** What a token gives: to look, or to give orders as well. */
export type InspectorRole = 'viewer' | 'operator'

export interface InspectorToken {
  readonly role: InspectorRole
  readonly token: string
  /** Where it came from; null: the configuration itself. */
  readonly tokenFile: string | null
}

/** What happens that the operator may be told of: of roles by the node itself, of nodes by the director. */
export const NOTIFY_EVENTS = [
  'director',
  'backup',
  'fault',
  'nodeFailed',
  'nodeReturned',
  'drained',
  'configurationRefused',
] as const
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number]

/** Who is told of it: a program, or a URL. */
export interface NotifierConfig {
  readonly on: readonly NotifyEvent[]
  /** A program, by its path, and its arguments; empty: there is a URL instead. */
  readonly command: readonly string[]
  readonly url: string | null
  readonly timeoutMs: number
}

/** A program of the operator's that says whether this node is well. */
export interface ScriptConfig {
  readonly name: string
  /** Its path, and its arguments. */
  readonly command: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
  /** Of its failure: no part in the election, or -253..-1 of the priority; 1..253 is added while it is well. */
  readonly effect: 'fault' | number
}

/** A gateway's configuration with nothing left open: what every actor's options are made from. */
export interface GatewayConfig {
  readonly name: string
  readonly interfaceName: string
  /** This node's own IPv4 address on the interface; never a virtual IP. */
  readonly managementIp: string
  readonly managementPrefixLength: number
  /** The file names it, or other nodes do as a unicast peer; else it is the interface's, whichever that has. */
  readonly isManagementIpNamed: boolean
  /** The interface's IPv6 link-local address, which adverts of IPv6 are sent from; null where no instance is of IPv6. */
  readonly linkLocalAddress: string | null
  /** At least one and at most 8; the short form of the file is one. */
  readonly instances: readonly [InstanceConfig, ...InstanceConfig[]]
  /** Those of all instances, all different. */
  readonly virtualIps: readonly VirtualIp[]
  /** At least one; no original port occurs twice. */
  readonly redirects: readonly Redirect[]
  /** Kernel mode: original ports that are the proxy's own, and are not watched. They do not overlap, nor have a redirect's port in them. */
  readonly portRanges: readonly PortRange[]
  readonly forwarding: 'auto' | 'kernel' | 'workers'
  /** Whether the threads of the election may be real-time. */
  readonly realtime: 'auto' | 'off'
  /** What a failure does: nothing, no part in the election, or a change of the priority by -253..-1. */
  readonly track: {
    readonly interface: 'off' | 'fault'
    readonly portMonitor: 'off' | 'fault' | number
    readonly gateway: 'off' | 'fault' | number
    /** At most 16, each of a name of its own. */
    readonly scripts: readonly ScriptConfig[]
  }
  /** At most 8. */
  readonly notify: readonly NotifierConfig[]
  /** The operator's own figure of this node. */
  readonly agent: AgentCheck
  /** `fall` and `rise`: checks in a row, 1 or more. */
  readonly health: {
    readonly intervalMs: number
    readonly fall: number
    readonly rise: number
    /** A port that fails takes the node out for itself alone. */
    readonly perPort: boolean
    /** What becomes of the connections to a node that fails or is not heard any more. */
    readonly onFailure: 'keep' | 'reset'
  }
  /** Times in ms; `repeatAfterMs` rises; `refreshIntervalMs` null = never. */
  readonly garp: {
    readonly burstCount: number
    readonly repeatAfterMs: readonly number[]
    readonly refreshIntervalMs: number | null
  }
  /**
   * `keys` are the HMAC keys of the beacons, as text (its UTF-8 bytes are the key): sent with the first, taken with each, at most 4; none =
   * not authenticated. `insecure`: as is wanted.
   */
  readonly cluster: {
    readonly keys: readonly string[]
    /** Where the keys came from; null: the configuration itself, or there are none. */
    readonly keyFile: string | null
    readonly insecure: boolean
  }
  readonly inspector: {
    readonly address: string
    readonly port: number
    /** Whoever has one of them may ask; none: everybody on this host may, over a loopback address. */
    readonly tokens: readonly InspectorToken[]
  }
  readonly control: { readonly socketPath: string }
  readonly forwarders: { readonly count: number }
  readonly clients: { readonly tableSize: number }
  readonly limits: { readonly connections: number; readonly connectionsPerClient: number }
  /** Of `idleMs`, `tunnelMs` and `keepAliveMs` 0 = never. */
  readonly timeouts: {
    readonly connectMs: number
    readonly idleMs: number
    readonly tunnelMs: number
    readonly keepAliveMs: number
    readonly drainMs: number
  }
  /** `capacity` is this node's own, 1..1000; `slowStartMs` 0 = none. */
  readonly balancing: {
    readonly capacity: number
    readonly slowStartMs: number
    /** Leading bits of the address by which clients are told apart: ipv4 8..32, ipv6 16..128. */
    readonly affinity: { readonly ipv4: number; readonly ipv6: number }
  }
  readonly beacons: { readonly intervalMs: number }
  readonly logging: LoggingConfig
}
