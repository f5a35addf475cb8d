/** What can be said of a host on which no gateway answers, by its configuration. */
import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import type { HostView } from '../ports/host-view.ts'
import { type Finding, problem, problemsFirst } from './findings.ts'
import { hostFindings } from './host-findings.ts'
import { proxyFindings } from './node-findings.ts'

/** A host without a gateway, at one moment. */
export interface Unattended {
  /** Why there was no answer, with what to do. */
  readonly silence: readonly string[]
  /** Those of the configuration. */
  readonly virtualIps: readonly string[]
  /** Null: the listening ports cannot be read. */
  readonly monitor: GatewayStatus['monitor'] | null
  readonly host: HostView
}

/** All that is found without a gateway; the first is that there is none. */
export function offlineFindings({ silence, virtualIps, monitor, host }: Unattended): readonly Finding[] {
  const what = 'no gateway answers here: this node takes no part in the group'
  const advice = 'start it; its log, and "proxyha check-config", tell why it does not stay'
  const others = [
    ...leftBehind(virtualIps, host),
    ...(monitor === null ? [] : proxyFindings(monitor)),
    ...hostFindings(host),
  ]
  return [problem('no-gateway', what, silence, advice), ...problemsFirst(others)]
}

/** The kernel takes the address of a gateway that died away by itself; one without a lifetime was put there by something else. */
function leftBehind(virtualIps: readonly string[], { network }: HostView): readonly Finding[] {
  const addresses = network?.link?.addresses ?? []
  const left = addresses.filter(
    ({ address, validLifetimeS }) => virtualIps.includes(address) && validLifetimeS === null,
  )
  if (left.length === 0 || network === null) return []
  const device = network.interfaceName
  const evidence = left.map(
    ({ address, prefixLength }) => `${address}/${prefixLength} is on ${device}, without a lifetime`,
  )
  const removal = left.map(({ address, prefixLength }) => `ip address del ${address}/${prefixLength} dev ${device}`)
  const what = 'a virtual IP is on this host, which no gateway leads: the director has it too'
  return [problem('vip-left-behind', what, evidence, `take it off: ${removal.join('; ')}`)]
}
