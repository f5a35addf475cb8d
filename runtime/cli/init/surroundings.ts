/** What `proxyha init` learns by looking, before it asks or writes anything. */
import type { HeardRouter } from '../../ports/host/host-survey.ts'
import type { NetworkInterface } from '../../ports/netlink/netlink.ts'
import type { Listener } from '../../ports/sockets/socket-table.ts'
import { type CliEnv, CliError } from '../env.ts'

/** A port that a program of this host listens on. */
interface ListeningPort {
  readonly port: number
  /** On all addresses, as a proxy behind a redirect must. */
  readonly unbound: boolean
  /** Empty where they may not be looked at. */
  readonly programs: readonly string[]
}

export interface Surroundings {
  /** Interfaces that could be the group's: those with an address of IPv4, without lo. */
  readonly interfaces: readonly NetworkInterface[]
  /** The one to propose: that of the default route, or the only one. */
  readonly proposed: string | undefined
  /** Null: the kernel did not tell. */
  readonly listening: readonly ListeningPort[] | null
}

/** Looks at this host alone: no packet is sent or awaited. @throws CliError where there is no interface to go by */
export async function lookAround(env: CliEnv): Promise<Surroundings> {
  const all = await env.host.survey.interfaces()
  if (!all.ok) throw new CliError(`the interfaces of this host cannot be read: ${all.reason}`)
  const interfaces = all.value.filter(
    ({ name, addresses }) => name !== 'lo' && addresses.some(({ family }) => family === 4),
  )
  if (interfaces.length === 0) {
    throw new CliError('no interface of this host has an IPv4 address beside lo: give it one, then run this again')
  }
  const names = interfaces.map(({ name }) => name)
  const routed = (await env.host.survey.routes()).find(({ prefixLength }) => prefixLength === 0)?.interfaceName
  const proposed = routed !== undefined && names.includes(routed) ? routed : names.length === 1 ? names[0] : undefined
  return { interfaces, proposed, listening: await listeningPorts(env) }
}

/** Without those that only this host itself reaches. */
async function listeningPorts(env: CliEnv): Promise<readonly ListeningPort[] | null> {
  const opened = await env.host.openSocketTable()
  if (!opened.ok) return null
  const listeners = opened.value.listeners()
  opened.value.close()
  if (!listeners.ok) return null
  const byPort = Map.groupBy(
    listeners.value.filter((listener) => !isLoopback(listener)),
    ({ port }) => port,
  )
  const programs = await env.host.survey.listeningPrograms(new Set(byPort.keys()))
  return Array.from(byPort, ([port, at]) => ({
    port,
    unbound: at.some(({ address, v6Only }) => address === '0.0.0.0' || (address === '::' && !v6Only)),
    programs: programs.get(port) ?? [],
  })).toSorted((one, other) => one.port - other.port)
}

const isLoopback = ({ address }: Listener): boolean => address.startsWith('127.') || address === '::1'

const PROXY_PROGRAM =
  /^(squid|tinyproxy|privoxy|nginx|haproxy|3proxy|sockd|danted|envoy|traefik|apache2|httpd|varnishd|c-icap)/
const PROXY_PORTS: ReadonlySet<number> = new Set([3128, 8080, 8118, 8888, 1080])

/** Ports that look like a proxy's: by the program behind them, or by their number. */
export const likelyProxies = ({ listening }: Surroundings): readonly number[] =>
  (listening ?? [])
    .filter(({ unbound }) => unbound)
    .filter(({ port, programs }) => PROXY_PORTS.has(port) || programs.some((name) => PROXY_PROGRAM.test(name)))
    .map(({ port }) => port)

/** What was heard on the subnet; `unheard`: why nothing could be. */
export interface Heard {
  readonly routers: readonly HeardRouter[]
  readonly unheard: string | null
}

/** Four adverts of the usual second. */
const LISTEN_MS = 4000

/** Listens for other VRRP routers on the subnet of that interface. */
export async function listenForRouters(link: NetworkInterface, env: CliEnv): Promise<Heard> {
  const source = link.addresses.find(({ family }) => family === 4)?.address ?? ''
  const heard = await env.host.survey.hearRouters(link.name, source, LISTEN_MS, env.interrupted)
  return heard.ok ? { routers: heard.value, unheard: null } : { routers: [], unheard: heard.reason }
}
