import type { GatewayConfig } from '../../config/gateway-config.ts'
import { parseConfig } from '../../config/load.ts'
import { resolveConfig } from '../../config/resolve.ts'

const REDIRECTS = 'redirects: [{originalPorts: [8443, 8080], proxyPort: 3128}]'
const ADDRESSES = [
  { family: 4, address: '10.0.0.1', prefixLength: 24, validLifetimeS: null },
  { family: 6, address: 'fe80::1', prefixLength: 64, validLifetimeS: null },
] as const

/** What a file comes to on a host with one core; redirects are added where it has none. Throws where it has mistakes. */
export function gatewayConfig(yaml: string): GatewayConfig {
  const read = parseConfig(yaml.includes('redirects:') ? yaml : `${yaml}\n${REDIRECTS}`)
  if (!read.ok) throw new Error(read.problems.join('\n'))
  const resolved = resolveConfig(read.value, { hostname: 'jupiter', cores: 1, interfaceAddresses: ADDRESSES })
  if (!resolved.ok) throw new Error(resolved.problems.join('\n'))
  return resolved.value
}
