import { MAX_GROUP_NODES as MAX_NODES, MAX_TIED, NOBODY, SLOT_COUNT } from '../wire/group-bounds.ts'
import type { Affinity } from './affinity.ts'

export { MAX_NODES, NOBODY, SLOT_COUNT }

/**
 * Layout of the connection table in its SharedArrayBuffer. Offsets are in 32-bit words, little endian; fields of type
 * f64 take two words and are aligned to 8 bytes. `W` names the only writer of a field, `O` the memory order:
 *   sc     Atomics (sequentially consistent)
 *   plain  an ordinary aligned access, which no 64-bit machine tears; a reader may see a value that is a little old
 *
 *   +--------+-----------+--------------+------------+-------------+-----------------+----------------------+
 *   | header | nodes[64] | slots[4096]  | tied[256]  | locks[4096] | clients[4096*W] | forwarder regions[N] |
 *   +--------+-----------+--------------+------------+-------------+-----------------+----------------------+
 */
export const MAGIC = 0x7068_6131
export const LAYOUT_VERSION = 4

/** Redirects that a node can be taken out for alone: as many as a word has bits. */
export const FAILING_REDIRECTS_MAX = 32

/** Header. W: `create`, except GENERATION. */
export const HEADER = {
  MAGIC: 0, //                      plain
  VERSION: 1, //                    plain
  /** Entries of a bucket. */
  WAYS: 2, //                       plain
  FORWARDERS: 3, //                 plain
  CONNECTIONS_PER_FORWARDER: 4, //  plain
  /** W: dispatcher. O: sc, stored after the slots it stands for. */
  GENERATION: 5,
  /** Bits by which clients are told apart. */
  AFFINITY_IPV4: 6, //              plain
  AFFINITY_IPV6: 7, //              plain
  /** Clients that are tied. W: dispatcher. O: sc, stored after the entries it stands for. */
  TIED: 8,
} as const
const HEADER_WORDS = 16

/** A node's row. W: dispatcher. */
export const NODE = {
  /** Odd while the address is being changed; two more after each change. A reader takes it before and after. O: sc */
  EPOCH: 0,
  STATE: 1, //    sc
  WEIGHT: 2, //   plain
  /** Bit i: the proxy of redirect i does not work there. O: plain */
  FAILING: 3,
  ADDRESS: 4, //  sc, 4 words
  /** f64[4]: what the counters read when this address got the row: connections, failed attempts, bytes to node, bytes to client. */
  BASE: 8, //     plain
  /** 1: connections to it are to be reset. O: sc */
  RESETS: 16,
} as const
const NODE_WORDS = 32

/**
 * A client's entry. Two kinds of writers: whoever holds the bucket's lock (TAG, KEY), and any forwarder that has a
 * connection counted in its own column (PIN, SEEN).
 */
export const CLIENT = {
  /** Generation << 2 | phase. A key is written only while the phase is FREE and read only while it is OCCUPIED. O: sc */
  TAG: 0,
  /** Node index | node epoch / 2 << 8; a pin of another epoch is void. O: sc */
  PIN: 1,
  /** Monotonic seconds of the last opening or closing. O: plain */
  SEEN: 2,
  /** Monotonic seconds since when it goes to the node of its pin. O: plain */
  SINCE: 3,
  KEY: 4, //      sc, 4 words
} as const
export const CLIENT_WORDS = 8

export const PHASE = {
  FREE: 0,
  OCCUPIED: 1,
  /** Its bucket's lock holder is about to free it, and looks at the columns once more. */
  LEAVING: 2,
} as const
export const PHASE_MASK = 3

/** Clients that are tied to nodes at a time. */
export const TIED_MAX = MAX_TIED
/** A client's key and its node's index. W: dispatcher. O: plain, behind HEADER.TIED */
export const TIED_WORDS = 5

/** Counters of a forwarder, f64 each. W: that forwarder. O: plain */
export const FORWARDER_COUNTERS = [
  'accepted',
  'closed',
  'connectRetries',
  'connectTimeouts',
  'noNode',
  'clientLimit',
  'globalLimit',
  'untracked',
  'idleTimeouts',
  'resets',
  'acceptErrors',
  'descriptorsExhausted',
  'drainCut',
  'portsExhausted',
  'nodeResets',
] as const
export type ForwarderCounter = (typeof FORWARDER_COUNTERS)[number]

/** A forwarder's region. W: that forwarder, and `reapForwarder` once it is dead. */
export const REGION = {
  /** One more per turn of the loop. O: sc */
  HEARTBEAT: 0,
  /** Connections that it has, or is about to take. O: sc */
  OPEN: 1,
  COUNTERS: 16, //         plain, f64[16]
  NODE_ACTIVE: 48, //      plain, i32[64]
  /** Connections that the node has answered. */
  NODE_ANSWERED: 112, //   plain, f64[64]
  NODE_TO_NODE: 240, //    plain, f64[64]
  NODE_TO_CLIENT: 368, //  plain, f64[64]
  /** Attempts to connect that it did not answer, or refused. */
  NODE_FAILED: 496, //     plain, f64[64]
  /**
   * Descriptors + 1 (0: none) that the forwarder has open, so that they can be closed when its thread is killed: first
   * OWN_DESCRIPTORS of its own, then client and node of each connection. plain
   */
  DESCRIPTORS: 624,
} as const

/** Most listeners of a forwarder: virtual IPs times original ports. */
export const MAX_LISTENERS = 4094
/** Descriptors of a forwarder beside those of its connections: epoll, wake-up, listeners. */
export const OWN_DESCRIPTORS = 2 + MAX_LISTENERS

/** What a table is made for. */
export interface TableSize {
  /** Clients that should fit; each bucket has twice its share, so that uneven buckets do too. At least 4096 count. */
  readonly clients: number
  readonly forwarders: number
  readonly connectionsPerForwarder: number
  /** Default: every address by itself. */
  readonly affinity?: Affinity
}

export interface TableLayout {
  readonly ways: number
  readonly forwarders: number
  readonly connectionsPerForwarder: number
  readonly entries: number
  readonly nodes: number
  /** In bytes: slots are one byte each. */
  readonly slotsByte: number
  readonly tied: number
  readonly locks: number
  readonly clients: number
  readonly regions: number
  readonly regionWords: number
  /** Within a region, per connection: entry + 1 (0: not in the table), node + 1 (0: not open). plain, W: its forwarder */
  readonly connections: number
  /** Within a region: connections counted per client entry, i32[entries]. W: its forwarder. O: sc */
  readonly column: number
  readonly byteLength: number
}

/** Most forwarders a table has room for; a lock names its owner by index + 1, and 255 is the sweeper. */
export const MAX_FORWARDERS = 64

export const nodeRow = (layout: TableLayout, node: number): number => layout.nodes + node * NODE_WORDS

/** Where everything is. The same for the same numbers on every thread. */
export function tableLayout(ways: number, forwarders: number, connectionsPerForwarder: number): TableLayout {
  const entries = SLOT_COUNT * ways
  const nodes = HEADER_WORDS
  const slots = nodes + MAX_NODES * NODE_WORDS
  const tied = slots + SLOT_COUNT / 4
  const locks = tied + TIED_MAX * TIED_WORDS
  const clients = locks + SLOT_COUNT
  const regions = clients + entries * CLIENT_WORDS
  const connections = REGION.DESCRIPTORS + OWN_DESCRIPTORS + connectionsPerForwarder * 2
  const column = connections + connectionsPerForwarder * 2
  // A multiple of a cache line (16 words), so that two forwarders never write to the same one.
  const regionWords = Math.ceil((column + entries) / 16) * 16
  const byteLength = (regions + forwarders * regionWords) * 4
  return {
    ways,
    forwarders,
    connectionsPerForwarder,
    entries,
    nodes,
    slotsByte: slots * 4,
    tied,
    locks,
    clients,
    regions,
    regionWords,
    connections,
    column,
    byteLength,
  }
}

/** Ways per bucket for that many clients. */
export const waysFor = (clients: number): number => 2 * Math.max(1, Math.ceil(clients / SLOT_COUNT))
