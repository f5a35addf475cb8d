import { fullRuleset } from '../../actors/fast-path/ruleset/ruleset.ts'
import type { Ruleset } from '../../actors/fast-path/ruleset/ruleset-types.ts'
import { macOf, runOn } from '../../runtime/lab/testbed/topology.ts'
import { SLOT_COUNT } from '../../runtime/table/layout.ts'
import * as network from './network.ts'

/**
 * Kernel mode: the rulesets of a director and its nodes at a VIP of their own, without any process of ours. The backends have a half of
 * the slots each.
 */
export function layKernelWay(): void {
  const macs = network.nodes.map(({ host }) => macOf(host))
  network.nodes.forEach(({ host, ip }, own) => {
    const director = own === 0
    const ruleset: Ruleset = {
      interfaceName: 'eth0',
      mac: macs[own] ?? '',
      managementIp: ip,
      virtualIps: [{ address: network.kernelVirtualIp, role: director ? 'director' : 'node' }],
      redirects: [{ originalPorts: [network.proxyhaPort], proxyPort: network.backendPort }],
      nodes: macs.map((mac, index) => ({
        mark: index + 1,
        mac,
        self: index === own,
        takesNew: index > 0,
        reachable: index > 0,
      })),
      slots: new Uint8Array(SLOT_COUNT).map((_, slot) => 2 + (slot % network.backendHosts.length)),
      pins: [],
      pinTimeoutS: 600,
      tableSize: 65_536,
      hidesUnlistened: true,
    }
    runOn(host, 'nft', ['-f', '-'], fullRuleset(ruleset))
    const place = director
      ? [`${network.kernelVirtualIp}/24`, 'dev', 'eth0']
      : [`${network.kernelVirtualIp}/32`, 'dev', 'lo']
    runOn(host, 'ip', ['address', 'add', ...place])
  })
}
