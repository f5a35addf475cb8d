import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { ForwardingMode } from './forwarding-mode.ts'
import { readVersion } from './version.ts'

/** The first line of a gateway's log: what runs, by which file, and as what. */
export function startLine(
  { interfaceName, managementIp, instances }: GatewayConfig,
  forwarding: ForwardingMode,
  path: string,
): string {
  const led = instances.map(({ virtualRouterId, directorPriority, virtualIps }) => {
    const addresses = virtualIps.map(({ address, prefixLength }) => `${address}/${prefixLength}`)
    return `VRID ${virtualRouterId} of priority ${directorPriority}: virtual IPs ${addresses.join(' ')}`
  })
  return `proxyha ${readVersion()} starts by ${path}: ${forwarding} mode, ${managementIp} on ${interfaceName}; ${led.join('; ')}`
}
