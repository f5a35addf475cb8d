/** The group that is grown: two real gateways, a host with as many simulated nodes as it takes, and a client with any number of addresses. */
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { buildTopology, ip, setHostParameter, type Topology } from '../../runtime/lab/testbed/topology.ts'
import { formatIpv4 } from '../../runtime/wire/addresses.ts'
import { clientHost, originalPort, prefixLength, proxyPort } from '../group/network.ts'

export const swarmHost = 'swarm'
export const director: NodePlan = { host: 'node0', ip: '10.40.0.11', priority: 250 }
export const follower: NodePlan = { host: 'node1', ip: '10.40.0.12', priority: 240 }
export const pair: readonly NodePlan[] = [director, follower]

const clientIp = '10.40.1.1'
const swarmIp = '10.40.3.1'
const bridge = 'lan'
/** By name, with their addresses. */
export const hosts: Topology['hosts'] = {
  [clientHost]: [clientIp],
  [swarmHost]: [swarmIp],
  ...Object.fromEntries(pair.map((node) => [node.host, [node.ip]])),
}

/** All addresses of it are the client's, although no interface has them. */
const sourceNetwork = '10.64.0.0/10'
const FIRST_SOURCE = 0x0a40_0001

export const sourceWord = (index: number): number => FIRST_SOURCE + index

/** Of the virtual IPs, at most 255. */
export const virtualIpOf = (index: number): string => `10.40.4.${index + 1}`
export const originalPortOf = (redirect: number): number => originalPort + redirect
export const proxyPortOf = (redirect: number): number => proxyPort + redirect

/** A simulated node: an interface of the swarm's host, with a MAC and an address of its own. */
export interface MemberPlan {
  readonly name: string
  readonly device: string
  readonly address: string
  readonly mac: string
  readonly priority: number
}

const MEMBER_NETWORK = 0x0a28_0200

/** From 0 on. */
export function memberPlan(index: number): MemberPlan {
  const number = index + 1
  return {
    name: `sim${number}`,
    device: `m${number}`,
    address: formatIpv4(MEMBER_NETWORK + number),
    mac: `02:40:00:00:02:${number.toString(16).padStart(2, '0')}`,
    priority: number,
  }
}

/** All of it anew, with what is left of one before taken away; `virtualIps`: those that the simulated nodes take packets for (kernel mode). */
export function buildNetwork(members: readonly MemberPlan[], virtualIps: readonly string[]): void {
  takeDown()
  buildTopology({ bridge, prefixLength, hosts })
  for (const host of Object.keys(hosts)) {
    const own = host === clientHost ? `local ${sourceNetwork} dev lo` : `${sourceNetwork} via ${clientIp}`
    ip(['-n', host, 'route', 'add', ...own.split(' ')])
  }
  // What is opened and closed by the thousand stays in TIME_WAIT for a minute: a director that forwards has one address for all, and would be out of
  // ports, which is another subject.
  for (const host of Object.keys(hosts)) {
    setHostParameter(host, 'ipv4/ip_local_port_range', '1024 65535')
    setHostParameter(host, 'ipv4/tcp_max_tw_buckets', '100')
  }
  layMembers(members, virtualIps)
}

/** Each interface answers for its own address alone, and for none that is on another one. */
function layMembers(members: readonly MemberPlan[], virtualIps: readonly string[]): void {
  setHostParameter(swarmHost, 'ipv4/conf/all/arp_ignore', '1')
  setHostParameter(swarmHost, 'ipv4/conf/all/arp_announce', '2')
  for (const scope of ['all', 'default']) setHostParameter(swarmHost, `ipv4/conf/${scope}/rp_filter`, '0')
  const lines = [
    ...virtualIps.map((address) => `addr add ${address}/32 dev lo`),
    ...members.flatMap(({ device, mac, address }) => [
      `link add link eth0 name ${device} address ${mac} type macvlan mode private`,
      `addr add ${address}/${prefixLength} dev ${device}`,
      `link set ${device} up`,
    ]),
  ]
  ip(['-n', swarmHost, '-batch', '-'], lines.join('\n'))
}

function takeDown(): void {
  const links = ip(['-o', 'link', 'show'])
  for (const name of [...Object.keys(hosts).map((host) => `to-${host}`), bridge]) {
    if (links.includes(` ${name}:`) || links.includes(` ${name}@`)) ip(['link', 'del', name])
  }
  const known = ip(['netns', 'list'])
  for (const host of Object.keys(hosts)) if (new RegExp(`^${host}\\b`, 'm').test(known)) ip(['netns', 'del', host])
}
