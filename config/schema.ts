import { z } from 'zod'
import type { AddressFamily } from '../runtime/wire/ip-address-bytes.ts'
import {
  durationMs,
  hostAddress,
  listenAddress,
  oneOf,
  port,
  text,
  trackEffect,
  virtualIp,
  whole,
  yesOrNo,
} from './fields.ts'
import { mustBe } from './problems.ts'

const DEFAULT_INTERFACE = 'eth0'
const DEFAULT_VIRTUAL_ROUTER_ID = 51
/** RFC 9568 §5.2.4: the default priority of a router that backs up a virtual router. */
const DEFAULT_PRIORITY = 100

/** A group has 64 nodes at most. */
const MAX_UNICAST_PEERS = 63

/** sun_path is 108 bytes and ends in a NUL. */
export const SOCKET_PATH_BYTES = 107
/** Shorter keys and tokens can be guessed. */
const SECRET_CHARACTERS = 16

const mapping = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: (issue) => mustBe('a mapping of keys to values', issue.input) })

const listOf = <Item extends z.ZodType>(item: Item, expectation: string) =>
  z
    .array(item, { error: (issue) => mustBe(expectation, issue.input) })
    .min(1, { error: `is an empty list; it must be ${expectation}` })

/** The secret itself is never repeated: these lines end up in logs. */
const secret = (name: string) =>
  z.string({ error: 'must be text; write it in quotes' }).min(SECRET_CHARACTERS, {
    error: `is too short a ${name}; take at least ${SECRET_CHARACTERS} characters, e.g. from: openssl rand -hex 32`,
  })

const path = () => text('a path that starts with /', /^\/[^\0]*$/)

const redirect = mapping({
  protocol: text('a name such as http', /^[a-z][a-z0-9+.-]{0,31}$/)
    .default('tcp')
    .describe(
      'What is spoken on these ports. Under http, https, tls, socks, icap and rtsp forwarders await the first bytes.',
    ),
  originalPorts: listOf(port(), 'a list of ports').describe(
    'The ports on the virtual IPs that clients are pointed to.',
  ),
  proxyPort: port().describe('The port on which the local proxy listens, on 0.0.0.0 or ::.'),
  proxyProtocol: oneOf(['off', 'v1', 'v2'])
    .default('off')
    .describe("Tell the proxy the client's address by a PROXY protocol header (workers mode)."),
})

const vrrp = mapping({
  version: oneOf([2, 3]).default(2).describe('VRRP version: 2 (RFC 3768) or 3 (RFC 9568).'),
  advertInterval: durationMs('10ms', '255s')
    .prefault('1s')
    .describe('Between adverts: whole seconds 1s..255s in version 2, steps of 10ms in 10ms..40.95s in version 3.'),
  preempt: yesOrNo().default(true).describe('Take the virtual IPs back from a director of lower priority.'),
  preemptDelay: durationMs('0s', '1000s')
    .prefault('0s')
    .describe(
      'Wait that much longer, after the start or when a director of lower priority is heard, before preempting.',
    ),
  holdOff: durationMs('0s', '60s')
    .prefault('5s')
    .describe("After the start: wait that long at most for the present director's table before preempting."),
  unicastPeers: z
    .array(hostAddress(), { error: (issue) => mustBe('a list of addresses such as [10.0.0.2, 10.0.0.3]', issue.input) })
    .max(MAX_UNICAST_PEERS, { error: `has more than ${MAX_UNICAST_PEERS} addresses` })
    .default([])
    .describe("The other nodes' own addresses: adverts go to each of them instead of to the multicast group."),
  realtime: oneOf(['auto', 'off'])
    .default('auto')
    .describe(
      'With adverts more often than once a second: the threads of the election go before everything ordinary on the host.',
    ),
})

const garp = mapping({
  count: whole(1, 32).default(5).describe('Frames per burst: one may be lost.'),
  repeatAfter: z
    .array(durationMs('200ms', '60s'), {
      error: (issue) => mustBe('a list of durations such as [1s, 2500ms]', issue.input),
    })
    .max(8, { error: 'has more than 8 durations' })
    .prefault(['1s', '2500ms'])
    .describe(
      'The burst is repeated that long after the first; clients may ignore it within a second of their own query.',
    ),
  refresh: durationMs('0s', '1h').prefault('0s').describe('Once more every so often while director; 0s = never.'),
})

const track = mapping({
  interface: oneOf(['fault', 'off'])
    .default('fault')
    .describe('While the interface is down or gone the node takes no part in the election.'),
  portMonitor: trackEffect().default('off').describe('While a proxy port is not listening: off, fault, or -1..-253.'),
  gateway: trackEffect()
    .default('off')
    .describe('While there is no default route through the interface, or its gateway answers no ARP: the same.'),
})

/** The file as written, before host and cross-field rules. */
export const gatewaySchema = mapping({
  name: text('a name of letters, digits, dots and dashes', /^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$/)
    .optional()
    .describe('Name of this node in status and logs. Default: the hostname.'),
  interface: text('the name of a network interface', /^[^\s/:]{1,15}$/)
    .default(DEFAULT_INTERFACE)
    .describe('The interface on the subnet that all nodes and the virtual IPs share.'),
  managementIp: hostAddress()
    .optional()
    .describe("This node's own address there. Default: its first IPv4 address that is not a virtual IP."),
  directorPriority: whole(1, 255, '1..254 (255 is for the owner of the virtual IPs)')
    .default(DEFAULT_PRIORITY)
    .describe('The highest in the group is director. 1..254; 255 only for the owner of the virtual IPs.'),
  virtualRouterId: whole(1, 255)
    .default(DEFAULT_VIRTUAL_ROUTER_ID)
    .describe('VRID: the same on all nodes, and used by no other VRRP group on the subnet.'),
  virtualIps: listOf(virtualIp(), 'a list of addresses such as [10.0.0.5/24]')
    .max(255, { error: 'has more than 255 addresses; a VRRP advert cannot carry more' })
    .describe(
      "The addresses that the director holds, the same on all nodes, all IPv4 or all IPv6 (VRRP version 3). Default prefix: that of the interface's subnet; IPv6: /128.",
    ),
  redirects: listOf(redirect, 'a list of redirects').describe('Which ports of the virtual IPs are intercepted.'),
  forwarding: oneOf(['auto', 'kernel', 'workers']).default('auto').describe('Forwarding mode; auto picks.'),
  vrrp: vrrp.prefault({}).describe('The election.'),
  track: track.prefault({}).describe('What makes this node step aside, or lowers its priority, while it fails.'),
  garp: garp.prefault({}).describe('Gratuitous ARP: how the subnet is told who has the virtual IPs.'),
  cluster: mapping({
    key: secret('key').optional().describe('Key that authenticates the beacons between the nodes.'),
    keyFile: path().optional().describe('A file that holds the key instead.'),
  })
    .prefault({})
    .describe('What only the members of this group share.'),
  inspector: mapping({
    listen: listenAddress().prefault('127.0.0.1:9253').describe('Address and port of status and metrics over HTTP.'),
    token: secret('token').optional().describe('Bearer token; required unless the address is a loopback address.'),
  })
    .prefault({})
    .describe('The HTTP endpoint.'),
  control: mapping({
    socket: path().default('/run/proxyha.sock').describe('Unix socket of the command line.'),
  })
    .prefault({})
    .describe('The local control socket.'),
  forwarders: mapping({
    count: whole(1, 256).optional().describe('Forwarding threads (workers mode). Default: one per core.'),
  })
    .prefault({})
    .describe('The forwarding threads.'),
  clients: mapping({
    tableSize: whole(1024, 4_194_304)
      .default(65_536)
      .refine((size) => Number.isInteger(Math.log2(size)), {
        error: (issue) => `must be a power of two, is ${issue.input}; e.g. 65536`,
      })
      .describe('Clients that are remembered at a time; a power of two.'),
  })
    .prefault({})
    .describe('The table of clients.'),
  limits: mapping({
    connections: whole(1, 1_000_000).default(65_536).describe('Connections forwarded at a time.'),
    connectionsPerClient: whole(1, 1_000_000)
      .optional()
      .describe('The same for one client. Default: no limit of its own.'),
  })
    .prefault({})
    .describe('Limits of the forwarders.'),
  timeouts: mapping({
    connect: durationMs('10ms', '60s')
      .prefault('2s')
      .describe("To reach a node's proxy before the next node is tried."),
    idle: durationMs('1s', '24h').prefault('10m').describe('A connection on which nothing moved is closed.'),
    drain: durationMs('0s', '1h')
      .prefault('30s')
      .describe('Connections are kept that long after the virtual IPs have gone to another node.'),
  })
    .prefault({})
    .describe('Times of the forwarders.'),
  beacons: mapping({
    interval: durationMs('100ms', '60s').prefault('1s').describe('Between beacons; a node is stale after three.'),
  })
    .prefault({})
    .describe('How the nodes find each other.'),
})

/** A file that passed the schema and the cross-field rules; still without what only the host knows. */
export type GatewayFile = z.output<typeof gatewaySchema>

/** An address that the director holds. */
export interface VirtualIp {
  readonly address: string
  /** 1..32, IPv6 1..128. */
  readonly prefixLength: number
}

interface Redirect {
  /** For people. */
  readonly protocol: string
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
  readonly proxyProtocol: 'off' | 'v1' | 'v2'
}

/** A gateway's configuration with nothing left open: what every actor's options are made from. */
export interface GatewayConfig {
  readonly name: string
  readonly interfaceName: string
  /** This node's own IPv4 address on the interface; never a virtual IP. */
  readonly managementIp: string
  readonly managementPrefixLength: number
  /** Of the virtual IPs, and so of VRRP's adverts. */
  readonly family: AddressFamily
  /** The interface's IPv6 link-local address, which IPv6 adverts are sent from; null where `family` is IPv4. */
  readonly linkLocalAddress: string | null
  /** 1..255; 255 = owner of the addresses. */
  readonly directorPriority: number
  /** 1..255. */
  readonly virtualRouterId: number
  /** At least one, all different, all of `family`. */
  readonly virtualIps: readonly VirtualIp[]
  /** At least one; no original port occurs twice. */
  readonly redirects: readonly Redirect[]
  readonly forwarding: 'auto' | 'kernel' | 'workers'
  readonly vrrp: {
    readonly version: 2 | 3
    /** Centiseconds: whole seconds (100..25500) in version 2, 1..4095 in version 3. */
    readonly advertIntervalCs: number
    readonly preempt: boolean
    readonly preemptDelayMs: number
    readonly holdOffMs: number
    /** Empty = multicast. */
    readonly unicastPeers: readonly string[]
    readonly realtime: 'auto' | 'off'
  }
  /** What a failure does: nothing, no part in the election, or a change of the priority by -253..-1. */
  readonly track: {
    readonly interface: 'off' | 'fault'
    readonly portMonitor: 'off' | 'fault' | number
    readonly gateway: 'off' | 'fault' | number
  }
  /** Times in ms; `repeatAfterMs` rises; `refreshIntervalMs` null = never. */
  readonly garp: {
    readonly burstCount: number
    readonly repeatAfterMs: readonly number[]
    readonly refreshIntervalMs: number | null
  }
  /** `key` is the HMAC key of the beacons, as text (its UTF-8 bytes are the key); null = not authenticated. */
  readonly cluster: { readonly key: string | null }
  readonly inspector: { readonly address: string; readonly port: number; readonly token: string | null }
  readonly control: { readonly socketPath: string }
  readonly forwarders: { readonly count: number }
  /** A power of two. */
  readonly clients: { readonly tableSize: number }
  readonly limits: { readonly connections: number; readonly connectionsPerClient: number }
  readonly timeouts: { readonly connectMs: number; readonly idleMs: number; readonly drainMs: number }
  readonly beacons: { readonly intervalMs: number }
}

/** The JSON Schema of the file, for editors. */
export function gatewayJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: 'proxyha gateway', ...z.toJSONSchema(gatewaySchema, { io: 'input' }) }
}
