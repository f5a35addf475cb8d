import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'

/** One listening socket of every forwarder. */
export interface ListenerPlan {
  /** Where clients connect to: a VIP, which this host need not hold yet. */
  readonly address: string
  /** Where this forwarder listens: the original port, or the one that captured packets were rewritten to. */
  readonly port: number
  /** What the client connected to, for the PROXY header. */
  readonly originalPort: number
  /** Where the proxy listens on every node. */
  readonly nodePort: number
  /** Index of the redirect in the configuration. */
  readonly redirectIndex: number
  /** Tell the proxy who the client is; it must expect that (PROXY protocol, haproxy.org `proxy-protocol.txt`). */
  readonly proxyProtocol: null | 'v1' | 'v2'
  /** The server says nothing before the client did: until then there is nothing to do for a connection. */
  readonly clientSpeaksFirst: boolean
}

/** Bounds of a forwarder. */
export interface ForwarderLimits {
  /** Until a node that does not answer is given up for the next, 250 ms coarse. */
  readonly connectTimeoutMs: number
  /** Until a connection on which nothing moves, and not both ends have spoken yet, is reset, 250 ms coarse. 0 = never. */
  readonly idleTimeoutMs: number
  /** The same from when both ends have spoken on: it may be a tunnel, whose silence says nothing. 0 = never. */
  readonly tunnelTimeoutMs: number
  /** After that much silence of an end it is asked by TCP keep-alive whether it is there, in whole seconds. 0 = never. */
  readonly keepAliveMs: number
  /** Connections over all forwarders; one more waits in the backlog. */
  readonly connections: number
  /** Connections of one client over all forwarders; one more is reset. 0 = no limit. */
  readonly connectionsPerClient: number
  /** Bytes that wait for slow readers, all connections together; past that they wait in the kernel. */
  readonly pendingBytes: number
}

export const defaultForwarderLimits: ForwarderLimits = {
  connectTimeoutMs: 3000,
  idleTimeoutMs: 15 * 60_000,
  tunnelTimeoutMs: 0,
  keepAliveMs: 60_000,
  connections: 65_536,
  connectionsPerClient: 0,
  pendingBytes: 64 * 1024 * 1024,
}

/** Structured-clonable: what a forwarder's task gets beside its index and its MessagePort. */
export interface ForwarderOptions {
  /** The buffer of the ConnectionTable; its `connectionsPerForwarder` is the bound of connections of each forwarder. */
  readonly table: SharedArrayBuffer
  readonly listeners: readonly ListenerPlan[]
  readonly limits: ForwarderLimits
}

/** What a forwarder takes on its port; `wakeForwarder` makes it look at once, else it does within a second. */
export type ForwarderMessage =
  /**
   * Another plan: new listeners are opened, those that are not in it are closed, and what came in by an original port that is not in it is
   * reset; other connections live on. `order` is reported when it is done.
   */
  | { readonly type: 'listeners'; readonly listeners: readonly ListenerPlan[]; readonly order: number }
  /** Other bounds from now on, for connections that there are as well. */
  | { readonly type: 'limits'; readonly limits: ForwarderLimits }
  /** Accept no more, finish what there is for that long, reset the rest, end the task. */
  | { readonly type: 'drain'; readonly patienceMs: number }
  /** Reset the connections that came in by these VIPs, those that wait in the backlog as well, and go on accepting. `order` is reported when it is done. */
  | { readonly type: 'cut'; readonly addresses: readonly string[]; readonly order: number }

/** What it sends on its port. */
export type ForwarderReport =
  /** Table indexes of the nodes that rest, since they do not answer; when others do. */
  | { readonly type: 'resting'; readonly forwarder: number; readonly nodes: readonly number[] }
  /** After start, after a new plan, and when a listener that failed is there at last. */
  | {
      readonly type: 'listening'
      readonly forwarder: number
      readonly open: number
      /** One line per listener that could not be opened; it is tried again every 2 s. */
      readonly problems: readonly string[]
    }
  | { readonly type: 'done'; readonly order: number }

/** What the task resolves with. */
export interface ForwarderResult {
  /** Connections that were reset because the patience was over. */
  readonly cut: number
}

/** `describe()` of the pool's control. */
export interface ForwarderPoolStatus {
  /** Of all forwarders together, since the gateway's start. */
  readonly counters: Readonly<Record<string, number>>
  /** Listeners that could not be opened, nodes that do not answer, limits that are reached. */
  readonly warnings: readonly Warning[]
}

export type ForwarderPoolControl = {
  describe(): ForwarderPoolStatus
  /** Resolves when the connections that came in by these VIPs are reset. */
  reset(virtualIps: readonly string[]): Promise<void>
}
