/** What the doctor finds about clients that come past the redirects: their connections are seen on the host, not in the gateway. */
import { note, problem } from '../../../actors/inspector/doctor/findings.ts'
import { portsText } from '../../../actors/inspector/doctor/traffic-findings.ts'
import type { Finding } from '../../../actors/inspector/messages.ts'
import type { OutsideRule } from './outside.ts'

/** Clients that are named, of many. */
const CLIENTS_NAMED = 5

/** Connections to the proxy itself: nobody spreads them, and they fail over to nobody or with the proxy's port unserved. */
export const pastTheRedirects: OutsideRule = ({ status, diagnostics, host }) => {
  if (host.network === null) return []
  const { toVirtualIps, toManagementIp } = host.network.connected
  const known = new Set([...status.nodes, ...status.virtualIps].map(({ address }) => address))
  const ofGroup = (address: string) =>
    known.has(address) || status.instances.some(({ masterIp }) => masterIp === address)
  const [past, direct] = [toVirtualIps, toManagementIp].map((clients) => clients.filter((one) => !ofGroup(one)))
  const advice = `point them to a virtual IP, port ${portsText(diagnostics)}`
  const findings: Finding[] = []
  // In kernel mode every client's connection is one to the proxy's port.
  if (past !== undefined && past.length > 0 && status.forwarding === 'workers') {
    const what = 'clients use a virtual IP, but the port of the proxy behind it: the director alone serves them'
    findings.push(problem('past-redirects', what, [clientsText(past)], advice))
  }
  if (direct !== undefined && direct.length > 0) {
    const what = "clients use this node's own address: only this node serves them, and nobody does when it fails"
    findings.push(note('direct-clients', what, [clientsText(direct)], advice))
  }
  return findings
}

/** Who listens on a port for few clients may be an administration page; a proxy is asked by many. */
const MANY_CLIENTS = 5
/** Secure shell. */
const NO_PROXY_PORTS = [22]

/**
 * A redirect is missing on all nodes, and clients use its port nevertheless: the director's own proxy listens there as well, and serves all
 * of them. As the first cause of one box getting all the traffic it is to be told from what else a director serves at its virtual IPs.
 */
export const besideTheRedirects: OutsideRule = ({ status, diagnostics, host }) => {
  if (status.role !== 'director' || host.network === null) return []
  return host.network.besides.flatMap(({ port, clients, isProxys }) => {
    const isServed = isProxys === true || (clients.length >= MANY_CLIENTS && !NO_PROXY_PORTS.includes(port))
    if (clients.length === 0 || !isServed) return []
    const what = `clients use a virtual IP on port ${port}, which no redirect has: the director alone serves them`
    const advice = `add port ${port} to the redirects of all nodes, or point the clients to port ${portsText(diagnostics)}`
    const whose = isProxys === true ? ['the proxy of this node listens there, too'] : []
    return [problem('past-redirects', what, [clientsText(clients), ...whose], advice)]
  })
}

function clientsText(clients: readonly string[]): string {
  const more = clients.length > CLIENTS_NAMED ? `, and ${clients.length - CLIENTS_NAMED} more` : ''
  return `connected now: ${clients.slice(0, CLIENTS_NAMED).join(', ')}${more}`
}
