import { withoutSecrets } from '../runtime/wire/url-text.ts'
import { OWNER_PRIORITY } from '../runtime/wire/vrrp.ts'
import type { GatewayConfig, InstanceConfig, NotifierConfig, ProxyCheck, ScriptConfig } from './gateway-config.ts'

/** Why a change is not made, and what to do instead of starting the gateway anew. */
interface Refusal {
  readonly reason: string
  readonly advice: string
}

/** How a change of one setting comes to a gateway that runs. */
export interface ReloadRule<Value> {
  /** As the file has it. */
  readonly path: string
  /** Null: it is applied as it runs. Otherwise why it is not, for people. */
  refusal(before: Value, after: Value): string | Refusal | null
  show(value: Value): string
}

/** A rule for every key: a key that is added without one does not compile. */
type RulesOf<Section> = {
  readonly [Key in keyof Section]-?:
    | ReloadRule<Section[Key]>
    | (Section[Key] extends readonly unknown[] ? never : Section[Key] extends object ? RulesOf<Section[Key]> : never)
}

/** Applied without a restart of anything. */
const live = <Value>(path: string, show: (value: Value) => string = text): ReloadRule<Value> => ({
  path,
  refusal: () => null,
  show,
})

/** Needs another start of the gateway, because `reason`. */
const fixed = <Value>(path: string, reason: string, show: (value: Value) => string = text): ReloadRule<Value> => ({
  path,
  refusal: () => reason,
  show,
})

const text = (value: unknown): string => (value === null ? 'none' : String(value))
const duration = (ms: number | null): string =>
  ms === null ? '0s' : ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`
const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no')
/** That it is another one is told; the secret itself never is. */
const secrets = (values: readonly string[]): string => {
  return values.length === 0 ? 'none' : values.length === 1 ? '(secret)' : `(${values.length} secrets)`
}
/** Its arguments may be secrets. */
const commandText = ([program, ...others]: readonly string[]): string =>
  program === undefined ? 'none' : others.length === 0 ? program : `${program} (and ${others.length} arguments)`
const list = (values: readonly unknown[]): string => (values.length === 0 ? 'none' : values.join(', '))
const addresses = (values: InstanceConfig['virtualIps']): string =>
  list(values.map(({ address, prefixLength }) => `${address}/${prefixLength}`))
const redirects = (values: GatewayConfig['redirects']): string =>
  list(
    values.map(({ protocol, originalPorts, proxyPort, proxyProtocol, check }) => {
      const header = proxyProtocol === 'off' ? '' : ` proxyProtocol ${proxyProtocol}`
      return `${protocol} ${originalPorts.join(' ')} -> ${proxyPort}${header}${checkText(check)}`
    }),
  )

const checkText = (check: ProxyCheck | null): string => {
  if (check === null) return ''
  const status = check.expectedStatus.length === 0 ? '' : ` (${check.expectedStatus.join(' ')})`
  const times = `every ${duration(check.intervalMs)} within ${duration(check.timeoutMs)}`
  return ` checked ${times} by ${check.url === null ? 'connect' : withoutSecrets(check.url)}${status}`
}

/** Its arguments may be secrets. */
const scriptText = ({ name, command, intervalMs, timeoutMs, rise, fall, effect }: ScriptConfig): string =>
  `${name} (${commandText(command)} every ${duration(intervalMs)} within ${duration(timeoutMs)}, rise ${rise}, fall ${fall}: ${effect})`

const notifierText = ({ on, command, url, timeoutMs }: NotifierConfig): string =>
  `${url === null ? commandText(command) : withoutSecrets(url)} on ${on.join(' ')} within ${duration(timeoutMs)}`

const SOCKETS = 'every socket of this gateway is bound by it'
const TABLE = 'the table of connections is made at the start'
const GROUP = 'nodes that differ in it do not hear each other: change it on one after the other, the director last'

const IN_THREE_STEPS: Refusal = {
  reason: 'the other nodes do not take its first key yet',
  advice: 'change it in three steps, each on all nodes: keys [old, new], then [new, old], then [new]',
}

/** Of one virtual router. */
export const INSTANCE_RULES: RulesOf<InstanceConfig> = {
  name: fixed('name', 'its actors are named by it'),
  family: fixed('virtualIps', 'the family of a virtual router cannot change'),
  virtualRouterId: fixed('virtualRouterId', 'it would be another virtual router'),
  directorPriority: {
    ...live<number>('directorPriority'),
    refusal: (before, after) =>
      before === OWNER_PRIORITY || after === OWNER_PRIORITY
        ? 'the owner of the virtual IPs (255) is elected by other rules'
        : null,
  },
  virtualIps: live('virtualIps', addresses),
  vrrp: {
    version: fixed('vrrp.version', GROUP),
    advertIntervalCs: fixed('vrrp.advertInterval', GROUP, (cs) => duration(cs * 10)),
    preempt: live('vrrp.preempt', yesOrNo),
    preemptDelayMs: live('vrrp.preemptDelay', duration),
    holdOffMs: live('vrrp.holdOff', duration),
    longestLearnedCs: live('vrrp.longestInterval', (cs) => duration(cs * 10)),
    strict: live('vrrp.strict', yesOrNo),
    unicastPeers: fixed('vrrp.unicastPeers', GROUP, list),
  },
}

/** Of the gateway as a whole. `instances` are compared one by one, and `virtualIps` are theirs. */
export const GATEWAY_RULES: RulesOf<Omit<GatewayConfig, 'instances' | 'virtualIps'>> = {
  name: fixed('name', 'log and beacons have it from the start'),
  interfaceName: fixed('interface', SOCKETS),
  managementIp: live('managementIp'),
  managementPrefixLength: live('managementIp (prefix length)'),
  isManagementIpNamed: live('managementIp (named in the file)', yesOrNo),
  linkLocalAddress: {
    ...live<string | null>('interface (link-local address)'),
    refusal: (before, after) => ((before === null) === (after === null) ? null : SOCKETS),
  },
  redirects: live('redirects', redirects),
  portRanges: live('redirects (ranges)', (ranges) => list(ranges.map(({ first, last }) => `${first}-${last}`))),
  forwarding: fixed('forwarding', 'other actors forward'),
  realtime: fixed('vrrp.realtime', 'threads are scheduled by it from the start'),
  notify: live('notify', (notifiers) => list(notifiers.map(notifierText))),
  agent: {
    command: live('agent.command', commandText),
    url: live('agent.url', (url) => (url === null ? 'none' : withoutSecrets(url))),
    intervalMs: live('agent.interval', duration),
    timeoutMs: live('agent.timeout', duration),
  },
  health: {
    intervalMs: live('health.interval', duration),
    fall: live('health.fall'),
    rise: live('health.rise'),
    perPort: live('health.perPort', yesOrNo),
    onFailure: live('health.onFailure'),
  },
  track: {
    interface: live('track.interface'),
    portMonitor: live('track.portMonitor'),
    gateway: {
      ...live<GatewayConfig['track']['gateway']>('track.gateway'),
      refusal: (before, after) =>
        (before === 'off') === (after === 'off') ? null : 'whether the gateway is asked for is decided at the start',
    },
    scripts: live('track.scripts', (scripts) => list(scripts.map(scriptText))),
  },
  garp: {
    burstCount: live('garp.count'),
    repeatAfterMs: live('garp.repeatAfter', (times) => list(times.map(duration))),
    refreshIntervalMs: live('garp.refresh', duration),
  },
  cluster: {
    keys: {
      path: 'cluster.keys',
      // Who begins to send with a key that nobody was told of before is heard by nobody.
      refusal: (before, after) => {
        if (before.length === 0 || after.length === 0) return GROUP
        return before.includes(after[0]!) ? null : IN_THREE_STEPS
      },
      show: secrets,
    },
    keyFile: live('cluster.keyFile'),
    insecure: live('cluster.insecure', yesOrNo),
  },
  inspector: {
    address: fixed('inspector.listen (address)', 'it is listened on from the start'),
    port: fixed('inspector.listen (port)', 'it is listened on from the start'),
    tokens: live('inspector.tokens', (tokens) => list(tokens.map(({ role }) => `${role} (secret)`))),
  },
  control: { socketPath: fixed('control.socket', 'it is listened on from the start') },
  forwarders: { count: fixed('forwarders.count', TABLE) },
  clients: { tableSize: fixed('clients.tableSize', TABLE) },
  limits: {
    connections: fixed('limits.connections', TABLE),
    connectionsPerClient: live('limits.connectionsPerClient'),
  },
  timeouts: {
    connectMs: live('timeouts.connect', duration),
    idleMs: live('timeouts.idle', duration),
    tunnelMs: live('timeouts.tunnel', duration),
    keepAliveMs: live('timeouts.keepAlive', duration),
    drainMs: live('timeouts.drain', duration),
  },
  balancing: {
    capacity: live('balancing.capacity'),
    slowStartMs: live('balancing.slowStart', duration),
    affinity: { ipv4: fixed('balancing.affinity.ipv4', TABLE), ipv6: fixed('balancing.affinity.ipv6', TABLE) },
  },
  beacons: { intervalMs: live('beacons.interval', duration) },
  logging: {
    level: live('logging.level'),
    levels: live('logging.levels', (levels) => list(levels.map(({ part, level }) => `${part} ${level}`))),
    target: live('logging.target'),
    format: live('logging.format'),
  },
}
