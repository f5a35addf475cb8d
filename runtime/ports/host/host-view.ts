import type { NetworkInterface } from '../netlink/netlink.ts'

/** What is asked of the host that a gateway runs on. */
export interface HostQuestion {
  readonly interfaceName: string
  /** Of the gateway's process; null: none runs. */
  readonly pid: number | null
  readonly managementIp: string | null
  readonly virtualIps: readonly string[]
  /** Whose connections are named; at most 64. */
  readonly proxyPorts: readonly number[]
  /** Every port of the redirects, original or the proxy's. */
  readonly redirectPorts: readonly number[]
}

/** Capabilities that a gateway makes use of. */
export type Capability = 'CAP_NET_ADMIN' | 'CAP_NET_RAW' | 'CAP_SYS_NICE'

/** The process of a gateway. */
export interface ProcessView {
  readonly capabilities: readonly Capability[]
  /** The highest real-time priority that it may have without CAP_SYS_NICE; 0: none. */
  readonly realtimeLimit: number
  /** Null where that may not be read. */
  readonly openFiles: { readonly used: number; readonly limit: number } | null
}

/** An IPv4 route of the main table. */
export interface RouteView {
  readonly network: string
  /** 0..32; 0 = the default route. */
  readonly prefixLength: number
  readonly interfaceName: string
}

/** A port that is no redirect's and that is listened on, by somebody else than the gateway, with the clients that are there by a virtual IP. */
export interface PortBeside {
  readonly port: number
  readonly clients: readonly string[]
  /** The program behind it is that of the proxy. Null: that may not be looked at. */
  readonly isProxys: boolean | null
}

/** The network namespace that a gateway lives in. Null where the kernel does not tell. */
export interface NetworkView {
  readonly interfaceName: string
  /** Null: there is no such interface. */
  readonly link: NetworkInterface | null
  /** Addresses on lo. */
  readonly loopback: NetworkInterface['addresses']
  /** As they are in force: the larger of the interface's and that of `all`. */
  readonly rpFilter: number | null
  readonly arpIgnore: number | null
  readonly routes: readonly RouteView[]
  /** Clients with a connection to a proxy port at a virtual IP, or at the management IP. */
  readonly connected: { readonly toVirtualIps: readonly string[]; readonly toManagementIp: readonly string[] }
  readonly besides: readonly PortBeside[]
  readonly conntrack: { readonly count: number; readonly max: number } | null
  /** Connections that listeners had no room for, since the namespace was made. */
  readonly listenOverflows: number | null
  /** As `nft list ruleset` prints it, without elements, and of our own tables without what is in them; null without nft or the right to ask. */
  readonly ruleset: string | null
}

/** What a host says of itself that a gateway depends on; read once, without changing anything. */
export interface HostView {
  /** Null: no gateway runs, or its process may not be looked at. */
  readonly process: ProcessView | null
  /** Null: the gateway lives in another network namespace than whoever asks. */
  readonly network: NetworkView | null
  readonly memory: { readonly availableBytes: number; readonly totalBytes: number } | null
  /** As the kernel calls it; null where it does not tell. */
  readonly clocksource: string | null
}
