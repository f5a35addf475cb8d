import type { AnnouncerOptions } from '../../actors/announcer/actor.ts'
import type { AnnouncerName } from '../../actors/announcer/messages.ts'
import type { ElectorActorOptions } from '../../actors/elector/actor.ts'
import type { ElectorName } from '../../actors/elector/messages.ts'
import type { GatewayConfig, InstanceConfig } from '../../config/gateway-config.ts'
import { takenOverMs } from './fencing.ts'

/** The two actors of one virtual router. */
export interface InstancePlan {
  readonly instance: InstanceConfig
  readonly elector: { readonly name: ElectorName; readonly options: ElectorActorOptions }
  readonly announcer: { readonly name: AnnouncerName; readonly options: AnnouncerOptions }
}

/** Between the frames of a burst of gratuitous ARP: some switches drop what comes back to back. */
const GARP_SPACING_MS = 4
/** For three threads to wake up one after the other. */
const LOOK_AHEAD_MS = 2
/** Less than any that was measured: what leaves is not ahead of the protocol's own time. */
const OWN_DELAY_MS = 0.3
/** From the plan of a gateway until its threads run calmly and have collected the garbage of the start; without `holdOff` 0. */
const SETTLE_MS = 2500
const settleMs = (holdOffMs: number): number => Math.min(SETTLE_MS, holdOffMs)

/** What the instances' plans depend on beside the configuration. */
interface ElectionPlace {
  readonly forwardedBy: 'forwarder' | 'fast-path'
  /** The virtual IPs are silent from the end of a lease on. */
  readonly fenced: boolean
  /** Monotonic. */
  readonly plannedAtMs: number
}

/** What the actors of each instance are started with; those of the first are named without it. */
export function planInstances(config: GatewayConfig, place: ElectionPlace): readonly [InstancePlan, ...InstancePlan[]] {
  const plan = (instance: InstanceConfig, index: number) =>
    planInstance(config, instance, suffixOf(instance, index), place)
  const [first, ...others] = config.instances
  return [plan(first, 0), ...others.map((other, index) => plan(other, index + 1))]
}

/** The electors' names, and those of their virtual routers. */
export function electorsOf({
  instances,
}: GatewayConfig): readonly { readonly actor: ElectorName; readonly instance: string }[] {
  return instances.map((one, index) => ({ actor: `elector${suffixOf(one, index)}`, instance: one.name }))
}

const suffixOf = ({ name }: InstanceConfig, index: number): string => (index === 0 ? '' : `-${name}`)

function planInstance(
  config: GatewayConfig,
  instance: InstanceConfig,
  suffix: string,
  { forwardedBy, fenced, plannedAtMs }: ElectionPlace,
): InstancePlan {
  const { vrrp, family, virtualRouterId, virtualIps } = instance
  const [elector, announcer] = [`elector${suffix}`, `announcer${suffix}`] as const
  const electorOptions: ElectorActorOptions = {
    instance: instance.name,
    announcer,
    virtualRouterId,
    priority: instance.directorPriority,
    track: {
      ...config.track,
      scripts: Object.fromEntries(config.track.scripts.map(({ name, effect }) => [name, effect])),
    },
    version: vrrp.version,
    advertIntervalCs: vrrp.advertIntervalCs,
    preempt: vrrp.preempt,
    preemptDelayMs: vrrp.preemptDelayMs,
    holdOffMs: vrrp.holdOffMs,
    longestLearnedCs: vrrp.longestLearnedCs,
    strict: vrrp.strict,
    settledAtMs: plannedAtMs + settleMs(vrrp.holdOffMs),
    primaryAddress: (family === 'ipv6' ? config.linkLocalAddress : null) ?? config.managementIp,
    ...(family === 'ipv4' && config.managementPrefixLength < 32 ? { prefixLength: config.managementPrefixLength } : {}),
    virtualIps: virtualIps.map(({ address }) => address),
    checksum: 'pseudoHeader',
    unicastPeers: vrrp.unicastPeers,
    forwardedBy,
    lookAheadMs: LOOK_AHEAD_MS,
    ownDelayMs: OWN_DELAY_MS,
  }
  const announcerOptions: AnnouncerOptions = {
    interfaceName: config.interfaceName,
    elector,
    virtualIps,
    virtualRouterId,
    garp: { ...config.garp, burstSpacingMs: GARP_SPACING_MS },
    keptAfterLeaseMs: fenced ? takenOverMs(instance) : 0,
    forwardedBy,
  }
  return {
    instance,
    elector: { name: elector, options: electorOptions },
    announcer: { name: announcer, options: announcerOptions },
  }
}
