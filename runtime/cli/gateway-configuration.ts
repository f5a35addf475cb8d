import type { GatewayConfig } from '../../config/gateway-config.ts'
import { loadConfig } from '../../config/load.ts'
import type { Checked } from '../../config/problems.ts'
import { resolveConfig } from '../../config/resolve.ts'
import type { CliHost } from './env.ts'

/** A gateway that runs here. */
interface Running {
  /** Addresses that it holds for the time being, whatever the file says: none of the host's own. */
  readonly held: readonly string[]
  /** Its management IP. */
  readonly goesBy: string
}

/** Reads a gateway's configuration and fills in what the host knows; every mistake is a line. */
export async function readGatewayConfig(
  path: string,
  host: Pick<CliHost, 'facts'>,
  running?: Running,
): Promise<Checked<GatewayConfig>> {
  const loaded = loadConfig(path)
  if (!loaded.ok) return loaded
  const facts = await host.facts(loaded.value.interface)
  if (!facts.ok) return { ok: false, problems: [`interface: ${facts.reason}; "ip link" lists those that there are`] }
  const held = new Set(running?.held)
  const interfaceAddresses = facts.value.interfaceAddresses.filter(({ address }) => !held.has(address))
  const goesBy = running === undefined ? {} : { goesBy: running.goesBy }
  return resolveConfig(loaded.value, { ...facts.value, interfaceAddresses, ...goesBy })
}
