import { formatIpv4, parseIpv4 } from '../wire/addresses.ts'
import type { Host, Topology } from './topology.ts'

/** One of the lab's gateways. */
export interface GatewayPlan {
  readonly name: string
  readonly managementIp: string
  readonly directorPriority: number
}

/** The group of the lab, in the order in which its gateways become director. */
export const gateways: readonly GatewayPlan[] = [
  { name: 'jupiter', managementIp: '10.10.74.70', directorPriority: 99 },
  { name: 'saturn', managementIp: '10.10.74.78', directorPriority: 89 },
  { name: 'uranus', managementIp: '10.10.74.86', directorPriority: 79 },
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
  hosts: [
    ...gateways.map(({ name, managementIp }) => host(name, [managementIp])),
    host(clientHost, [proberIp, ...clientIps]),
    host(originHost, [originIp]),
  ],
}

function host(name: string, addresses: readonly string[]): Host {
  return { name, addresses: addresses.map((address) => `${address}/${prefixLength}`) }
}

/** The YAML file of a gateway, as an operator would write it. */
export function gatewayYaml(gateway: GatewayPlan, controlSocket: string): string {
  return `name: ${gateway.name}
interface: eth0
managementIp: ${gateway.managementIp}
directorPriority: ${gateway.directorPriority}
virtualIps: [${virtualIp}/${prefixLength}]
redirects:
  - { protocol: http, originalPorts: [${originalPort}], proxyPort: ${proxyPort} }
forwarding: workers
cluster: { key: ${'lab'.repeat(8)} }
control: { socket: ${controlSocket} }
`
}

/** The configuration of a real squid beside a gateway: no cache, no disk, it only forwards. */
export function squidConf(name: string, directory: string): string {
  return `http_port ${proxyPort}
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
