import { portsIn } from '../../actors/fast-path/ruleset/port-ranges.ts'
import type { FastPathSettings } from '../../actors/fast-path/state.ts'
import type { ForwarderPool, ForwarderSettings } from '../../actors/forwarder/pool.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { statePath } from '../../config/service-folders.ts'
import type { Warning } from '../actor-system/inspection/warning.ts'
import type { ConnectionTable } from '../table/connection-table.ts'
import { advertPacketBytes } from '../wire/vrrp.ts'
import { type InstancePlan, planInstances } from './election-plans.ts'
import { CLIENT_IDLE_S, type ForwardingMode, fastPathSettings, forwarderSettings } from './forwarding-mode.ts'
import { sharedSettings } from './shared-settings.ts'
import { readVersion } from './version.ts'

/**
 * What the plans depend on beside the configuration. It stays as it was at the start, so that of two plans only settings differ; but for
 * `takenPorts`, which matter for ports that are not listened for yet.
 */
export interface GatewayPlace {
  /** Of the interface. */
  readonly mac: string
  /** Ports on which somebody listens unbound, so that the virtual IP's own cannot be bound. */
  readonly takenPorts: ReadonlySet<number>
  readonly table: ConnectionTable
  readonly forwarding: ForwardingMode
  /** For what shall outlive a reboot; null: there is none. */
  readonly stateFolder: string | null
  /** What the start has to say, for as long as the gateway runs. */
  readonly startWarnings: readonly Warning[]
  /** The virtual IPs are silent from the end of a lease on. */
  readonly fenced: boolean
  /** Monotonic. */
  readonly plannedAtMs: number
  /** As `LostLines` has them. */
  readonly lostLines: SharedArrayBuffer
}

/**
 * What the table of the actors is read with. All that takes code to find out is in it: the table is loaded by every thread, which pays for
 * what it imports; this by the main thread alone.
 */
export interface GatewayPlan extends GatewayPlace {
  readonly config: GatewayConfig
  /** In workers mode. */
  readonly forwarders: ForwarderPool | undefined
  readonly instances: readonly [InstancePlan, ...InstancePlan[]]
  /** Names of their actors. */
  readonly electors: readonly InstancePlan['elector']['name'][]
  readonly announcers: readonly InstancePlan['announcer']['name'][]
  readonly forwardedBy: 'forwarder' | 'fast-path'
  /** One in kernel mode, else none. */
  readonly fastPaths: readonly 'fast-path'[]
  readonly forwarderSettings: ForwarderSettings
  readonly fastPathSettings: FastPathSettings
  readonly sharedSettings: Readonly<Record<string, string>>
  readonly clientIdleS: number
  /** Where the proxies listen. */
  readonly proxyPorts: readonly number[]
  /** The file that says that this node drains, for the process after this one. */
  readonly drainMark: string
  /** The file of what happened, for those after this one. */
  readonly timelineFile: string
  /** Of the longest advert. */
  readonly advertBytes: number
  /** Of proxyha. */
  readonly version: string
}

export function planGateway(
  config: GatewayConfig,
  place: GatewayPlace,
  forwarders: ForwarderPool | undefined,
): GatewayPlan {
  const isKernelMode = place.forwarding === 'kernel'
  const forwardedBy = isKernelMode ? 'fast-path' : 'forwarder'
  const instances = planInstances(config, { ...place, forwardedBy })
  const advertBytes = config.instances.map(({ vrrp, family, virtualIps }) =>
    advertPacketBytes(vrrp.version, family, virtualIps.length),
  )
  return {
    ...place,
    config,
    forwarders,
    instances,
    electors: instances.map(({ elector }) => elector.name),
    announcers: instances.map(({ announcer }) => announcer.name),
    forwardedBy,
    fastPaths: isKernelMode ? ['fast-path'] : [],
    forwarderSettings: forwarderSettings(config, place.takenPorts, forwarders?.listeners),
    fastPathSettings: fastPathSettings(config),
    sharedSettings: sharedSettings(config, place.forwarding),
    clientIdleS: CLIENT_IDLE_S,
    proxyPorts: [...config.redirects.map(({ proxyPort }) => proxyPort), ...portsIn(config.portRanges)],
    drainMark: statePath(config.control.socketPath, place.stateFolder, 'draining'),
    timelineFile: statePath(config.control.socketPath, place.stateFolder, 'timeline'),
    advertBytes: Math.max(...advertBytes),
    version: readVersion(),
  }
}
