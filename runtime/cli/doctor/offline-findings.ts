/** What can be said of a host on which no gateway answers, by its configuration. */
import { failure, gravestFirst, note, problem } from '../../../actors/inspector/doctor/findings.ts'
import { proxyFindings } from '../../../actors/inspector/doctor/node-findings.ts'
import type { Finding, GatewayStatus } from '../../../actors/inspector/messages.ts'
import type { HostView, NetworkView } from '../../ports/host/host-view.ts'
import type { NoAnswerError } from '../env.ts'
import { hostFindings } from './host-findings.ts'

/** A host whose gateway says nothing, at one moment. */
export interface Unattended {
  /** Why there was no answer, with what to do. */
  readonly silence: readonly string[]
  readonly why: NoAnswerError['why']
  /** Those of the configuration. */
  readonly virtualIps: readonly string[]
  /** Null: the listening ports cannot be read. */
  readonly monitor: GatewayStatus['monitor'] | null
  readonly host: HostView
}

/** All that is found without a gateway's word; the first is why there is none. */
export function offlineFindings({ silence, why, virtualIps, monitor, host }: Unattended): readonly Finding[] {
  const others = [
    // One that runs has its reasons for what is there.
    ...(why === 'absent' ? [...leftBehind(virtualIps, host), ...leftHere(virtualIps, host)] : []),
    ...(monitor === null ? [] : proxyFindings(monitor)),
    ...hostFindings(host),
  ]
  return [silenceFinding(silence, why), ...gravestFirst(others)]
}

function silenceFinding(silence: readonly string[], why: Unattended['why']): Finding {
  switch (why) {
    case 'absent': {
      const what = 'no gateway answers here: this node takes no part in the group'
      const advice = 'start it; its log, and "proxyha check-config", tell why it does not stay'
      return failure('no-gateway', what, silence, advice)
    }
    case 'denied': {
      const what = 'this user may not ask the gateway here: how it is cannot be told'
      return problem(
        'not-permitted',
        what,
        silence,
        'run this command as root, or as the user that the gateway runs as',
      )
    }
    case 'silent': {
      const what = 'a gateway is here, but does not answer: how it is cannot be told'
      const advice = 'ask again; if it stays so, look at its log and at what loads this host, and restart it'
      return problem('gateway-silent', what, silence, advice)
    }
    default:
      return why satisfies never
  }
}

/** The kernel takes the address of a gateway that died away by itself; one without a lifetime was put there by something else. */
function leftBehind(virtualIps: readonly string[], { network }: HostView): readonly Finding[] {
  const addresses = network?.link?.addresses ?? []
  const left = addresses.filter(
    ({ address, validLifetimeS }) => virtualIps.includes(address) && validLifetimeS === null,
  )
  if (left.length === 0 || network === null) return []
  const evidence = left.map((held) => `${prefixed(held)} is on ${network.interfaceName}, without a lifetime`)
  const what = 'a virtual IP is on this host, which no gateway leads: the director has it too'
  return [problem('vip-left-behind', what, evidence, `take it off: ${removalOf(left, network.interfaceName)}`)]
}

const OWN_TABLE = /^table (\S+ proxyha\S*) \{/

/** A gateway of kernel mode that stops leaves what the open connections of its clients live by; one that dies leaves all. */
function leftHere(virtualIps: readonly string[], { network }: HostView): readonly Finding[] {
  const left = (network?.loopback ?? []).filter(({ address }) => virtualIps.includes(address))
  const tables = (network?.ruleset ?? '').split('\n').flatMap((line) => OWN_TABLE.exec(line)?.[1] ?? [])
  if (left.length === 0 && tables.length === 0) return []
  const evidence = [
    ...left.map((held) => `${prefixed(held)} is on lo`),
    ...tables.map((table) => `nft has the table ${table}`),
  ]
  const removals = [
    ...(left.length === 0 ? [] : [removalOf(left, 'lo')]),
    ...tables.map((table) => `nft delete table ${table}`),
  ].join('; ')
  if (left.length > 0 && tables.length === 0) {
    const what = 'a virtual IP is on lo, and nothing keeps this host from answering for it: the director has it too'
    return [problem('vip-left-on-lo', what, evidence, `start the gateway, or take it off: ${removals}`)]
  }
  const what =
    left.length > 0
      ? 'a gateway of kernel mode that was here has left what open connections of its clients live by'
      : 'a gateway that was here has left its tables'
  const advice = `start the gateway, which takes over or replaces them; where none is to run here any more: ${removals}`
  return [note('left-here', what, evidence, advice)]
}

type Held = NetworkView['loopback'][number]

const prefixed = ({ address, prefixLength }: Held): string => `${address}/${prefixLength}`

const removalOf = (left: readonly Held[], device: string): string =>
  left.map((held) => `ip address del ${prefixed(held)} dev ${device}`).join('; ')
