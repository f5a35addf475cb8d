import type { GatewayConfig, InstanceConfig } from '../../config/gateway-config.ts'
import type { ForwardingMode } from './forwarding-mode.ts'

type Shared = Pick<GatewayConfig, 'instances' | 'redirects' | 'portRanges' | 'balancing' | 'health'>

/** What must be the same on every node; the beacons carry it, so that a difference can be named. */
export function sharedSettings(config: Shared, forwarding: ForwardingMode): Readonly<Record<string, string>> {
  const redirects = config.redirects.map(({ originalPorts, proxyPort }) => `${originalPorts.join(',')}->${proxyPort}`)
  const { slowStartMs, affinity } = config.balancing
  return {
    redirects: [...redirects.sort(), ...config.portRanges.map(({ first, last }) => `${first}-${last}`).sort()].join(
      ' ',
    ),
    // A director in kernel mode hands packets on that a node in workers mode does not take.
    forwarding,
    'balancing.slowStart': `${slowStartMs}ms`,
    'balancing.affinity': `/${affinity.ipv4} /${affinity.ipv6}`,
    'health.perPort': `${config.health.perPort}`,
    'health.onFailure': config.health.onFailure,
    ...electionSettings(config.instances),
  }
}

/** Of one instance, setting by setting; of several, a line each: the names that nodes give them are their own affair. */
function electionSettings(instances: Shared['instances']): Readonly<Record<string, string>> {
  const [only, ...others] = instances.map(settingsOf)
  if (only !== undefined && others.length === 0) return only
  const lines = instances.map((instance) => {
    // A beacon takes words of letters, digits, dots and hyphens.
    const key = `instance.${instance.virtualRouterId}.${instance.family}`
    return [key, Object.values(settingsOf(instance)).join(', ')] as const
  })
  return Object.fromEntries(lines)
}

const settingsOf = ({ virtualIps, vrrp }: InstanceConfig) => ({
  virtualIps: virtualIps
    .map(({ address }) => address)
    .sort()
    .join(' '),
  'vrrp.version': `${vrrp.version}`,
  'vrrp.transport': vrrp.unicastPeers.length > 0 ? 'unicast' : 'multicast',
  'vrrp.advertInterval': `${vrrp.advertIntervalCs * 10}ms`,
})
