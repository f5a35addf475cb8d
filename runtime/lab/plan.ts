import { formatIpv4, parseIpv4 } from '../wire/addresses.ts'
import { type GroupPlan, hostsOf, type NodePlan } from './testbed/gateway.ts'
import type { Topology } from './testbed/topology.ts'

/** The group of the lab, in the order in which its gateways become director. */
export const gateways: readonly NodePlan[] = [
  { host: 'jupiter', ip: '10.10.74.70', priority: 99 },
  { host: 'saturn', ip: '10.10.74.78', priority: 89 },
  { host: 'uranus', ip: '10.10.74.86', priority: 79 },
]

/** What the clients are pointed to, and what every host of the lab's one subnet shares. */
export const virtualIp = '10.10.74.74'
export const prefixLength = 16
export const originalPort = 8080
export const proxyPort = 3128

export const clientHost = 'client'
export const originHost = 'origin'
export const originIp = '10.10.80.1'
export const originPort = 80

/** The prober's own address: it is none of the 200 that the figures count. */
export const proberIp = '10.10.2.1'

/** The 200 machines of the lab's users, all of them addresses of one host. */
export const clientIps: readonly string[] = addressesFrom('10.10.1.1', 200)

/** `count` addresses in a row. */
export function addressesFrom(first: string, count: number): readonly string[] {
  const start = parseIpv4(first)
  if (start === undefined) throw new Error(`${first} is not an IPv4 address`)
  return Array.from({ length: count }, (_, index) => formatIpv4(start + index))
}

/** The lab's network: three gateways, the clients' host and the origin at one bridge. */
export const labTopology: Topology = {
  bridge: 'lab',
  prefixLength,
  hosts: {
    ...hostsOf(gateways),
    [clientHost]: [proberIp, ...clientIps],
    [originHost]: [originIp],
  },
}

export const labGroup: GroupPlan = {
  virtualIp: `${virtualIp}/${prefixLength}`,
  redirect: `protocol: http, originalPorts: [${originalPort}], proxyPort: ${proxyPort}`,
  settings: 'forwarding: workers',
}

/** The configuration of a real squid beside a gateway: no cache, no disk, it only forwards. */
export function squidConf(name: string, directory: string, listen = `${proxyPort}`): string {
  return `http_port ${listen}
visible_hostname ${name}
http_access allow all
cache deny all
access_log none
cache_log ${directory}/${name}-squid.log
coredump_dir ${directory}
pid_filename none
pinger_enable off
shutdown_lifetime 0 seconds
`
}
