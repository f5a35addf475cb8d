import { ip, setHostParameter } from '../../runtime/lab/testbed/topology.ts'
import * as network from './network.ts'

/**
 * The way through the director as a plain IP router, which looks at a packet only to forward it, to an address that the first backend has on
 * its loopback. Answers go straight to the client, as in kernel mode. What this way loses, a third host on the way costs.
 */
export function layRouterWay(): void {
  const [backend] = network.backendHosts
  ip(['-n', backend, 'address', 'add', `${network.routedIp}/32`, 'dev', 'lo'])
  ip(['-n', network.directorHost, 'route', 'add', `${network.routedIp}/32`, 'via', network.backendIps[0]])
  ip(['-n', network.clientHost, 'route', 'add', `${network.routedIp}/32`, 'via', network.directorIp])
  // All are on one network, so the director would tell the client of the shorter way.
  for (const scope of ['all', 'eth0']) {
    setHostParameter(network.directorHost, `ipv4/conf/${scope}/send_redirects`, '0')
  }
  setHostParameter(network.directorHost, 'ipv4/conf/eth0/forwarding', '1')
}
