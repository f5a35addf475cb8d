import { z } from 'zod'
import { LOG_LEVELS } from '../runtime/ports/host/syslog.ts'
import { MAX_CAPACITY } from '../runtime/wire/beacon/node.ts'
import {
  command,
  durationMs,
  durationOrNever,
  hostAddress,
  listenAddress,
  listOf,
  mapping,
  oneOf,
  port,
  portOrRange,
  text,
  whole,
  yesOrNo,
} from './fields.ts'
import { NOTIFY_EVENTS } from './gateway-config.ts'
import { LOG_FORMATS, LOG_PARTS, LOG_TARGETS } from './logging.ts'
import { mustBe } from './problems.ts'
import { directorPriority, garp, instances, track, virtualIps, vrrp } from './vrrp-schema.ts'

const DEFAULT_INTERFACE = 'eth0'
/** What the kernel takes (dev_valid_name), without what means something else in a rule of nftables or cannot be read. */
const INTERFACE_NAME = /^(?!\.{1,2}$)[!#-&(-),-.0-9;-[\]^_a-{}~|+]{1,15}$/
const DEFAULT_VIRTUAL_ROUTER_ID = 51
/** sun_path is 108 bytes and ends in a NUL. */
export const SOCKET_PATH_BYTES = 107
/** Shorter keys and tokens can be guessed. */
export const SECRET_CHARACTERS = 16

/** The secret itself is never repeated: these lines end up in logs. */
const secret = (name: string) =>
  z
    .string({ error: 'must be text; write it in quotes' })
    .min(SECRET_CHARACTERS, {
      error: `is too short a ${name}; take at least ${SECRET_CHARACTERS} characters, ${FROM_OPENSSL}`,
    })
    .refine((text) => !isPlaceholder(text), {
      error: `is a placeholder, which everybody knows; make one of your own, ${FROM_OPENSSL}`,
    })

const FROM_OPENSSL = 'e.g. from: openssl rand -hex 32'

/** What stands in config/gateway.example.yaml instead of a secret, and what others write for the same. */
export const isPlaceholder = (text: string): boolean => /^(replace[ _-]this|change[ _-]?(me|this))/i.test(text.trim())

/** It comes in a header, and ends there at a space. */
export const TOKEN_CHARACTERS = /^[!-~]*$/

const bearerToken = () =>
  secret('token').regex(TOKEN_CHARACTERS, {
    error: `has a space or another character that no request can carry; ${FROM_OPENSSL}`,
  })

/** Several keys are for the time of a change, and garbage costs an HMAC by each. */
export const MAX_KEYS = 4
const MAX_TOKENS = 16

const path = () => text('a path that starts with /', /^\/[^\0]*$/)

const redirect = mapping({
  protocol: text('a name such as http', /^[a-z][a-z0-9+.-]{0,31}$/)
    .default('tcp')
    .describe(
      'What is spoken on these ports. Under http, https, tls, socks, icap and rtsp forwarders await the first bytes.',
    ),
  originalPorts: listOf(portOrRange(), 'a list of ports').describe(
    'The ports on the virtual IPs that clients are pointed to; or ranges, such as 50000-50100, which keep their ports (kernel mode).',
  ),
  proxyPort: port()
    .optional()
    .describe('The port on which the local proxy listens, on 0.0.0.0 or ::. None where originalPorts are ranges.'),
  proxyProtocol: oneOf(['off', 'v1', 'v2'])
    .default('off')
    .describe("Tell the proxy the client's address by a PROXY protocol header (workers mode)."),
  check: mapping({
    type: oneOf(['connect', 'http']).describe('A TCP connection, or a URL that is asked for through the proxy.'),
    url: text('a URL such as http://www.example.com/', /^https?:\/\/[^\s/]+(\/\S*)?$/)
      .optional()
      .describe('Type http: what the proxy is asked for.'),
    expectedStatus: listOf(whole(100, 599), 'a list of HTTP status codes')
      .optional()
      .describe('Type http: the status codes that are right. Default: 200..399.'),
    interval: durationMs('1s', '1h').prefault('5s').describe('From an answer to the next question.'),
    timeout: durationMs('10ms', '60s').prefault('2s').describe('No answer within this time is a failure.'),
  })
    .optional()
    .describe('What the local proxy must also do, beside listening, for this node to get traffic.'),
})

const MAX_NOTIFIERS = 8

const notifier = mapping({
  on: listOf(oneOf(NOTIFY_EVENTS), 'a list of events')
    .optional()
    .describe('What it is told of. Default: all. Of nodes the director tells alone.'),
  command: command()
    .optional()
    .describe('A program, by its path, or a list of that and its arguments; without a shell.'),
  url: text('a URL such as https://alerts.example.com/proxyha', /^https?:\/\/[^\s/]+(\/\S*)?$/)
    .optional()
    .describe('Or a URL, to which JSON is sent by POST.'),
  timeout: durationMs('100ms', '60s').prefault('10s').describe('Then a program is killed, and a request given up.'),
})

const inspectorToken = mapping({
  role: oneOf(['viewer', 'operator']).describe('viewer: looks; operator: may give orders over HTTP as well.'),
  token: bearerToken().optional().describe('Bearer token.'),
  tokenFile: path().optional().describe('A file that holds the token instead.'),
})

/** The file as written, before host and cross-field rules. */
export const gatewaySchema = mapping({
  name: text('a name of letters, digits, dots and dashes', /^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$/)
    .optional()
    .describe('Name of this node in status and logs. Default: the hostname.'),
  interface: text('the name of a network interface', INTERFACE_NAME)
    .default(DEFAULT_INTERFACE)
    .describe('The interface on the subnet that all nodes and the virtual IPs share.'),
  managementIp: hostAddress()
    .optional()
    .describe("This node's own address there. Default: its first IPv4 address that is not a virtual IP."),
  directorPriority: directorPriority(),
  virtualRouterId: whole(1, 255)
    .default(DEFAULT_VIRTUAL_ROUTER_ID)
    .describe('VRID: the same on all nodes, and used by no other VRRP group on the subnet.'),
  virtualIps: virtualIps().optional(),
  instances: instances()
    .optional()
    .describe('Instead of directorPriority, virtualRouterId and virtualIps: several of them, each elected by itself.'),
  redirects: listOf(redirect, 'a list of redirects').describe('Which ports of the virtual IPs are intercepted.'),
  forwarding: oneOf(['auto', 'kernel', 'workers']).default('auto').describe('Forwarding mode; auto picks.'),
  vrrp: vrrp.prefault({}).describe('The election: of all instances, but for what one sets itself.'),
  track: track.prefault({}).describe('What makes this node step aside, or lowers its priority, while it fails.'),
  notify: listOf(notifier, 'a list of notifiers')
    .max(MAX_NOTIFIERS, { error: `has more than ${MAX_NOTIFIERS} notifiers` })
    .optional()
    .describe('Programs and URLs of your own that are told what happens.'),
  health: mapping({
    interval: durationMs('100ms', '60s').prefault('1s').describe('Between two looks at whether the proxies listen.'),
    fall: whole(1, 100).default(1).describe('Checks in a row that must fail before the node gets no traffic.'),
    rise: whole(1, 100).default(2).describe('Checks in a row that must succeed before it gets some again.'),
    perPort: yesOrNo()
      .default(false)
      .describe(
        'A port that fails takes this node out for that port alone, not as a whole (workers mode). The same on all nodes.',
      ),
    onFailure: oneOf(['keep', 'reset'])
      .default('keep')
      .describe(
        'What becomes of the connections to a node that fails, or is not heard any more: they are left alone, or reset. The same on all nodes.',
      ),
  })
    .prefault({})
    .describe('When the local proxies are taken for failed, and for working again.'),
  agent: mapping({
    command: listOf(text('text that is not empty', /^[^\0]+$/), 'a list of a program and its arguments')
      .optional()
      .describe('A program, by its path, and its arguments; without a shell. What it prints counts.'),
    url: text('a URL such as http://127.0.0.1:8000/share', /^https?:\/\/[^\s/]+(\/\S*)?$/)
      .optional()
      .describe('Or a URL that is fetched.'),
    interval: durationMs('500ms', '1h').prefault('5s').describe('From an answer to the next question.'),
    timeout: durationMs('10ms', '60s').prefault('2s').describe('No answer within this time is none.'),
  })
    .prefault({})
    .describe(
      'What this node can give by your own measure: the answer is up, drain, down, or 0%..100% of its capacity.',
    ),
  garp: garp.prefault({}).describe('Gratuitous ARP: how the subnet is told who has the virtual IPs.'),
  cluster: mapping({
    key: secret('key').optional().describe('Key that authenticates the beacons between the nodes.'),
    keys: listOf(secret('key'), 'a list of keys')
      .max(MAX_KEYS, { error: `has more than ${MAX_KEYS} keys` })
      .optional()
      .describe(
        'Instead of key, several: beacons are sent with the first, and taken with each. To change the key without a gap.',
      ),
    keyFile: path().optional().describe('A file that holds the key instead, or several, a line each.'),
    insecure: yesOrNo()
      .default(false)
      .describe('Without a key: that this is wanted. Whoever is on the subnet can then take the place of any node.'),
  })
    .prefault({})
    .describe('What only the members of this group share.'),
  inspector: mapping({
    listen: listenAddress().prefault('127.0.0.1:9253').describe('Address and port of status and metrics over HTTP.'),
    token: bearerToken()
      .optional()
      .describe('Bearer token of those who look; one is required unless the address is a loopback address.'),
    tokens: listOf(inspectorToken, 'a list of tokens with their roles')
      .max(MAX_TOKENS, { error: `has more than ${MAX_TOKENS} tokens` })
      .optional()
      .describe('Several of them, each with its role.'),
  })
    .prefault({})
    .describe('The HTTP endpoint.'),
  control: mapping({
    socket: path()
      .optional()
      .describe(
        'Unix socket of the command line. Default: proxyha.sock in $RUNTIME_DIRECTORY, which a systemd unit sets, else in /run.',
      ),
  })
    .prefault({})
    .describe('The local control socket.'),
  forwarders: mapping({
    count: whole(1, 256).optional().describe('Forwarding threads (workers mode). Default: one per core.'),
  })
    .prefault({})
    .describe('The forwarding threads.'),
  clients: mapping({
    tableSize: whole(1024, 4_194_304).default(65_536).describe('Clients that are remembered at a time.'),
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
    idle: durationOrNever('1s', '24h')
      .optional()
      .describe(
        'A connection on which nothing moved, and on which not both ends have sent something yet, is reset; 0s = never. Default: 10m.',
      ),
    tunnel: durationOrNever('1s', '240h')
      .optional()
      .describe(
        'The same once both ends have sent something, in place of idle; 0s = never. Default: 0s; where idle is set and keepAlive is not, the same as idle.',
      ),
    keepAlive: durationOrNever('1s', '24h')
      .optional()
      .describe(
        'An end that is silent for so long, client or proxy, is asked by TCP keep-alive whether it is there; one that does not answer is given up after about as long again. Whole seconds; 0s = never. Default: 1m.',
      ),
    drain: durationMs('0s', '1h')
      .prefault('30s')
      .describe('Connections are kept that long after the virtual IPs have gone to another node.'),
  })
    .prefault({})
    .describe('Times of the forwarders.'),
  balancing: mapping({
    capacity: whole(1, MAX_CAPACITY)
      .default(100)
      .describe('What this node can take beside the others: one with 200 gets twice the clients of one with 100.'),
    slowStart: durationMs('0s', '1h')
      .prefault('30s')
      .describe(
        'In which a node that joins or recovers comes to its full share, from half of it on; 0s = at once. The same on all nodes.',
      ),
    affinity: mapping({
      ipv4: whole(8, 32).default(32).describe('Leading bits of an IPv4 address; 24: all clients of a /24.'),
      ipv6: whole(16, 128).default(128).describe('Leading bits of an IPv6 address; 64: all clients of a /64.'),
    })
      .prefault({})
      .describe('Which clients go to one node together (workers mode). The same on all nodes.'),
  })
    .prefault({})
    .describe('How clients are shared out among the nodes.'),
  beacons: mapping({
    interval: durationMs('100ms', '60s').prefault('1s').describe('Between beacons; a node is stale after three.'),
  })
    .prefault({})
    .describe('How the nodes find each other.'),
  logging: mapping({
    level: oneOf(LOG_LEVELS).default('info').describe('Lines below it are not written.'),
    levels: z
      .partialRecord(oneOf(LOG_PARTS), oneOf(LOG_LEVELS), {
        error: (issue) => mustBe('a mapping of parts to levels, such as { elector: debug }', issue.input),
      })
      .optional()
      .describe(`The same for some parts alone, such as { elector: debug }: ${LOG_PARTS.join(', ')}.`),
    target: oneOf(LOG_TARGETS)
      .default('auto')
      .describe('Where they go. auto: the journal for a service of systemd, else stdout and the system log.'),
    format: oneOf(LOG_FORMATS).default('auto').describe('Of stdout. auto: pretty on a terminal, else JSON.'),
  })
    .prefault({})
    .describe('The log.'),
})

/** A file that passed the schema and the cross-field rules; still without what only the host knows. */
export type GatewayFile = z.output<typeof gatewaySchema>

/** The JSON Schema of the file, for editors. */
export function gatewayJsonSchema(): Readonly<Record<string, unknown>> {
  const forms = { oneOf: [{ required: ['virtualIps'] }, { required: ['instances'] }] }
  return { title: 'proxyha gateway', ...z.toJSONSchema(gatewaySchema, { io: 'input' }), ...forms }
}
