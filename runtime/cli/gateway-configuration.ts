import type { GatewayConfig } from '../../config/gateway-config.ts'
import { loadConfig } from '../../config/load.ts'
import type { Checked } from '../../config/problems.ts'
import { resolveConfig } from '../../config/resolve.ts'
import type { CliHost } from './env.ts'

/**
 * Reads a gateway's configuration and fills in what the host knows; every mistake is a line. `held`: addresses that a gateway
 * which runs here holds for the time being, whatever the file says: none of the host's own.
 */
export async function readGatewayConfig(
  path: string,
  host: Pick<CliHost, 'facts'>,
  held: readonly string[] = [],
): Promise<Checked<GatewayConfig>> {
  const loaded = loadConfig(path)
  if (!loaded.ok) return loaded
  const facts = await host.facts(loaded.value.interface)
  if (!facts.ok) return { ok: false, problems: [`interface: ${facts.reason}; "ip link" lists those that there are`] }
  const interfaceAddresses = facts.value.interfaceAddresses.filter(({ address }) => !held.includes(address))
  return resolveConfig(loaded.value, { ...facts.value, interfaceAddresses })
}
