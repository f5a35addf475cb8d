import { type FencedRouter, LEASE_FENCE, leaseFence } from '../../actors/announcer/holding/lease-fence.ts'
import { leaseMs, skewMs } from '../../actors/elector/intervals.ts'
import { removeFromLoopback } from '../../actors/fast-path/kernel/loopback.ts'
import { removedRuleset } from '../../actors/fast-path/ruleset/ruleset.ts'
import type { GatewayConfig, InstanceConfig } from '../../config/gateway-config.ts'
import type { Netlink } from '../ports/netlink/netlink.ts'
import type { Nft } from '../ports/nft/nft.ts'
import { removedTable, tableChange, wholeTable } from '../ports/nft/nft-table.ts'
import { done, type Result } from '../ports/result.ts'
import { canonicalAddress } from '../wire/ip-address-bytes.ts'

const LOWEST_PRIORITY = 1

/**
 * Silences the virtual IPs from the end of a lease on; see `leaseFence`. A refusal says what is lacking: nft (`ENOENT`), CAP_NET_ADMIN
 * (`EPERM`), the egress hook of Linux 5.16.
 */
export function raiseFence({ interfaceName, instances }: GatewayConfig, nft: Nft): Promise<Result> {
  // What kernel mode left here would forward, silence and drop by what it knew when it was stopped.
  return nft.apply(removedRuleset() + wholeTable(leaseFence(interfaceName, instances.map(fencedRouter))))
}

/** The same for other virtual IPs: what adverts have written stays. */
export async function changeFence(before: GatewayConfig, after: GatewayConfig, nft: Nft): Promise<Result> {
  const fenceOf = ({ interfaceName, instances }: GatewayConfig) =>
    leaseFence(interfaceName, instances.map(fencedRouter))
  const change = tableChange(fenceOf(before), fenceOf(after))
  return change === '' ? done : nft.apply(change)
}

/** Undoes it, also where there is none. */
export function lowerFence(nft: Nft): Promise<Result> {
  return nft.apply(removedTable(LEASE_FENCE))
}

/**
 * Takes the virtual IPs off lo, where kernel mode leaves them for the clients that its tables go on serving: without those this host
 * would answer for them.
 */
export function clearLoopback({ virtualIps }: GatewayConfig, netlink: Netlink): void {
  removeFromLoopback(
    netlink,
    virtualIps.map(({ address }) => canonicalAddress(address) ?? address),
  )
}

/** By then even the last in the line has taken over, in ms after the end of a lease. */
export function takenOverMs({ vrrp: { version, advertIntervalCs } }: InstanceConfig): number {
  return Math.ceil(skewMs({ version, priority: LOWEST_PRIORITY }, advertIntervalCs * 10))
}

function fencedRouter(instance: InstanceConfig): FencedRouter {
  const { virtualRouterId, virtualIps, vrrp } = instance
  return {
    virtualRouterId,
    virtualIps: virtualIps.map(({ address }) => address),
    leaseMs: leaseMs(vrrp.advertIntervalCs * 10),
    keptAfterLeaseMs: takenOverMs(instance),
  }
}
