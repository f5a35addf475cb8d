import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { openBeacon, virtualRouterIdOf } from '../../../runtime/wire/beacon/beacon.ts'
import { parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import type { DiscoveryOptions } from '../options.ts'
import { digestOf } from '../settings.ts'

/**
 * The VRID of a hello that is of another virtual router than ours, and of our group in everything else: the same key and the
 * same settings, virtual IPs included. That is no neighbour, but a node of ours that is set up otherwise. Else undefined.
 */
export function strayVirtualRouterId(payload: Uint8Array, { keys, settings }: DiscoveryOptions): number | undefined {
  const virtualRouterId = virtualRouterIdOf(payload)
  const opened = virtualRouterId === undefined ? undefined : openBeacon(payload, virtualRouterId, keys)
  // A hello about a few nodes is one packet; one about many comes from a group that has found together.
  if (!opened?.ok || opened.fragment.type !== 'hello' || opened.fragment.count !== 1) return undefined
  const hello = parseBeaconBody('hello', opened.fragment.body)
  const isOurs = hello?.type === 'hello' && hello.settingsDigest === digestOf(settings)
  return isOurs ? virtualRouterId : undefined
}

/** What the operator should mend. */
export function strayWarning(source: string, virtualRouterId: number, options: DiscoveryOptions): Warning {
  const ours = options.virtualRouterId
  const are = `beacons from ${source} are refused`
  return options.instances.some((instance) => instance.virtualRouterId === virtualRouterId)
    ? warning(
        'instance-order',
        source,
        `${are}: its first instance has VRID ${virtualRouterId}, and ${ours} here: the order of the instances differs`,
      )
    : warning(
        'vrid-differs',
        source,
        `${are}: virtualRouterId is ${virtualRouterId} there, and ${ours} here, with the same virtual IPs`,
      )
}
