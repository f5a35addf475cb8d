import { probeKernelMode } from '../../actors/fast-path/kernel/support.ts'
import type { FastPathSettings, Subnet } from '../../actors/fast-path/state.ts'
import { planListeners } from '../../actors/forwarder/listener-plan.ts'
import { defaultForwarderLimits, type ListenerPlan } from '../../actors/forwarder/messages.ts'
import type { ForwarderSettings } from '../../actors/forwarder/pool.ts'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { Nft } from '../ports/nft/nft.ts'
import { type Result, refused } from '../ports/result.ts'
import { BY_ADDRESS } from '../table/affinity.ts'
import { SLOT_COUNT } from '../table/layout.ts'
import { bitsOf, canonicalAddress, networkOf, samePrefix } from '../wire/ip-address-bytes.ts'

/** A client without connections (kernel mode: without a packet) is remembered that long. */
export const CLIENT_IDLE_S = 600

/** The lease is three adverts; below this the kernel's own lateness is no part of it. */
const SHORTEST_FENCE_MS = 100

/** A SYN is sent again after 1 s and 3 s; a client that is refused at once may know another proxy, so one is not left waiting for longer. */
const NOTICED_IN_TIME_MS = 3000

/** How this gateway forwards. */
export type ForwardingMode = 'kernel' | 'workers'

/** A mode, and why it is not kernel mode where `auto` would have had that. */
export interface ChosenMode {
  readonly mode: ForwardingMode
  /** Something in the configuration is for workers mode only. */
  readonly wanted: string | null
  /** This host lacks something. */
  readonly lacking: string | null
}

/**
 * What the configuration asks for, as far as this host can; `auto`: kernel mode, unless something stands against it. A refusal: the
 * configuration insists on kernel mode, which this host has not.
 */
export async function chooseForwarding(config: GatewayConfig, mac: string, nft: Nft): Promise<Result<ChosenMode>> {
  const workers = { mode: 'workers', wanted: null, lacking: null } as const
  if (config.forwarding === 'workers') return { ok: true, value: workers }
  const wanted = config.forwarding === 'auto' ? forWorkersOnly(config) : null
  if (wanted !== null && config.portRanges.length > 0) {
    return refused(
      'EMODE',
      `${wanted} is for workers mode, and ranges of ports are for kernel mode: leave one of them out`,
    )
  }
  if (wanted !== null) return { ok: true, value: { ...workers, wanted } }
  const supported = await kernelModeSupport(config, mac, nft)
  if (supported.ok) return { ok: true, value: { ...workers, mode: 'kernel' } }
  const needsKernel = config.forwarding === 'kernel' || config.portRanges.length > 0
  return needsKernel ? supported : { ok: true, value: { ...workers, lacking: supported.reason } }
}

/** A setting that kernel mode would not heed; null: there is none. */
function forWorkersOnly({ redirects, balancing: { affinity }, limits, health }: GatewayConfig): string | null {
  if (redirects.some(({ proxyProtocol }) => proxyProtocol !== 'off')) return 'redirects[].proxyProtocol'
  if (affinity.ipv4 < BY_ADDRESS.ipv4 || affinity.ipv6 < BY_ADDRESS.ipv6) return 'balancing.affinity'
  if (health.perPort) return 'health.perPort'
  return limits.connectionsPerClient < limits.connections ? 'limits.connectionsPerClient' : null
}

/**
 * Why a gateway that runs in that mode does not take this configuration over; null: it does. The mode is chosen at the start: what was
 * `auto` then would be accepted now, and not be heeded.
 */
export function refusedInMode(mode: ForwardingMode, wanted: GatewayConfig): string | null {
  if (mode === 'workers' && wanted.portRanges.length > 0) {
    return 'redirects (ranges): are for kernel mode, and this gateway has chosen workers mode: restart it'
  }
  const path = mode === 'kernel' ? forWorkersOnly(wanted) : null
  return path === null ? null : `${path}: is for workers mode, and this gateway has chosen kernel mode: restart it`
}

async function kernelModeSupport(config: GatewayConfig, mac: string, nft: Nft): Promise<Result> {
  const { virtualIps, ...settings } = fastPathSettings(config)
  return probeKernelMode(nft, {
    ...settings,
    mac,
    virtualIps: virtualIps.map((address) => ({ address, role: 'director' })),
    nodes: [{ mark: 1, mac, self: true, takesNew: true, reachable: true }],
    refusing: true,
    slots: new Uint8Array(SLOT_COUNT).fill(1),
    pins: [],
  })
}

/** What of the configuration the fast path depends on. */
export function fastPathSettings(config: GatewayConfig): FastPathSettings {
  return {
    interfaceName: config.interfaceName,
    managementIp: config.managementIp,
    virtualIps: config.virtualIps.map(({ address }) => canonicalAddress(address) ?? address),
    redirects: config.redirects.map(({ originalPorts, proxyPort }) => ({ originalPorts, proxyPort })),
    portRanges: config.portRanges,
    pinTimeoutS: CLIENT_IDLE_S,
    tableSize: config.clients.tableSize,
    answerRoutes: answerRoutes(config),
    hidesUnlistened: config.health.intervalMs * config.health.fall <= NOTICED_IN_TIME_MS,
    fencedAfterMs: Math.max(SHORTEST_FENCE_MS, ...config.instances.map(({ vrrp }) => 3 * 10 * vrrp.advertIntervalCs)),
  }
}

/** The subnets of virtual IPs that this node's own address is not in. */
function answerRoutes({ virtualIps, managementIp }: GatewayConfig): readonly Subnet[] {
  return virtualIps
    .filter(({ address, prefixLength }) => prefixLength < bitsOf(address))
    .filter(({ address, prefixLength }) => !samePrefix(address, managementIp, prefixLength))
    .map(({ address, prefixLength }) => ({ address: networkOf(address, prefixLength), prefixLength }))
}

/** What of the configuration the forwarders go by. `takenPorts`: somebody listens there unbound. `running`: where they listen now. */
export function forwarderSettings(
  config: GatewayConfig,
  takenPorts: ReadonlySet<number>,
  running: readonly ListenerPlan[] = [],
): ForwarderSettings {
  const addresses = config.virtualIps.map(({ address }) => address)
  return {
    managementIp: config.managementIp,
    listeners: planListeners(addresses, config.redirects, takenPorts, running),
    limits: {
      ...defaultForwarderLimits,
      connectTimeoutMs: config.timeouts.connectMs,
      idleTimeoutMs: config.timeouts.idleMs,
      tunnelTimeoutMs: config.timeouts.tunnelMs,
      keepAliveMs: config.timeouts.keepAliveMs,
      connections: config.limits.connections,
      connectionsPerClient: config.limits.connectionsPerClient,
    },
    drainMs: config.timeouts.drainMs,
  }
}
