import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'

/** One subnet: a bridge with a machine at each of its ports, a network namespace with one interface, `eth0`. */
export interface Topology {
  readonly bridge: string
  readonly prefixLength: number
  /**
   * By the name of the namespace, at most 11 characters, since its end on the bridge is called `to-NAME`: the addresses of `eth0`,
   * the primary one first.
   */
  readonly hosts: Readonly<Record<string, readonly string[]>>
}

/** One run of `ip -batch -`: in which namespace (undefined = our own), and its lines. */
export interface IpBatch {
  readonly namespace: string | undefined
  readonly lines: readonly string[]
}

/** The bridge's end of the host's cable. */
function cableOf(host: string): string {
  return `to-${host}`
}

/**
 * What `ip` is told, one batch for our own namespace and one for each host: a lab with 200 client addresses comes up in
 * a few processes instead of hundreds.
 */
export function topologyBatches(topology: Topology): readonly IpBatch[] {
  const { bridge, prefixLength, hosts } = topology
  const own = [
    // Without spanning tree a port forwards at once; multicast snooping would need a querier, and VRRP is multicast.
    `link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${bridge} up`,
    'link set lo up',
    ...Object.keys(hosts).flatMap((name) => [
      `netns add ${name}`,
      `link add ${cableOf(name)} type veth peer name eth0 netns ${name}`,
      `link set ${cableOf(name)} master ${bridge} up`,
    ]),
  ]
  const each = Object.entries(hosts).map(([namespace, addresses]) => ({
    namespace,
    lines: [
      'link set lo up',
      'link set eth0 up',
      ...addresses.map((address) => `addr add ${address}/${prefixLength} dev eth0`),
    ],
  }))
  return [{ namespace: undefined, lines: own }, ...each]
}

/**
 * Builds the network in the namespaces of this process, which must be a sandbox (see `sandbox.ts`): nothing here ever
 * takes anything down, the kernel does when the sandbox ends.
 *
 * @throws Error when `ip` refuses a line, with what it said
 */
export function buildTopology(topology: Topology): void {
  keepFiltersOffBridge()
  for (const { namespace, lines } of topologyBatches(topology)) {
    ip([...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], lines.join('\n'))
  }
}

/** Of a host's `eth0`; empty where it has none. */
export function macOf(host: string): string {
  return /link\/ether ([0-9a-f:]{17})/.exec(ip(['-n', host, '-o', 'link', 'show', 'dev', 'eth0']))?.[1] ?? ''
}

/** A switch knows nothing of the IP filters of a host. Where the kernel's are not asked about bridged frames anyway, nothing is there to be set. */
function keepFiltersOffBridge(): void {
  for (const filter of ['iptables', 'ip6tables', 'arptables']) {
    const parameter = `/proc/sys/net/bridge/bridge-nf-call-${filter}`
    if (existsSync(parameter)) writeFileSync(parameter, '0')
  }
}

/**
 * Sets a kernel parameter in the network namespace of a host, `net.ipv4.ip_forward` written as `ipv4/ip_forward`.
 *
 * @throws Error when the kernel refuses it
 */
export function setHostParameter(host: string, parameter: string, value: string): void {
  // /proc/sys/net shows the namespace of whoever looks, so the writer has to be inside.
  runOn(host, 'tee', [`/proc/sys/net/${parameter}`], value)
}

/** Runs a command on a host to its end; its stdout. @throws Error with what it said where it fails */
export function runOn(host: string, command: string, args: readonly string[], input = ''): string {
  const inside = [`--net=/run/netns/${host}`, '--', command, ...args]
  return execFileSync('nsenter', inside, { encoding: 'utf8', input, stdio: 'pipe' })
}

/** Whether a device of a host has the address, which is without its prefix. */
export const hasAddress = (host: string, address: string, device = 'eth0'): boolean =>
  ip(['-n', host, '-o', 'addr', 'show', 'dev', device]).includes(` ${address}/`)

/** Takes an address away from a device of a host, where it has it; another process may do so at the same time. */
export function removeAddress(host: string, address: string, prefixLength: number, device = 'eth0'): void {
  if (!hasAddress(host, address, device)) return
  try {
    ip(['-n', host, 'addr', 'del', `${address}/${prefixLength}`, 'dev', device])
  } catch (error) {
    if (hasAddress(host, address, device)) throw error
  }
}

/** Runs `ip` once, for what has no batch. @throws Error with what `ip` said when it refuses */
export function ip(args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync('ip', args, { input, encoding: 'utf8' })
  if (error) throw new Error(`ip ${args.join(' ')}: ${error.message}`, { cause: error })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}

/** Pulls the cable of a host, or plugs it in again: its `eth0` sees no carrier, as with a dead switch port. */
export function setCable(host: string, plugged: boolean): void {
  ip(['link', 'set', cableOf(host), plugged ? 'up' : 'down'])
}
