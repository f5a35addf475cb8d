import { BEACON_VERSIONS, type BeaconVersions } from '../../runtime/wire/beacon/versions.ts'
import type { ElectorName } from '../elector/messages.ts'

export interface DiscoveryOptions {
  /** 1..64 characters. */
  readonly name: string
  readonly managementIp: string
  /** Of the subnet on which all nodes are, 0..32; 32: what that is, is not known. */
  readonly managementPrefixLength: number
  /** Lower-case, colon-separated: where this node's interface was reached at the start. */
  readonly mac: string
  /** 1..1000: what it can take beside the others. */
  readonly capacity: number
  /** By which the nodes of a group recognise each other: that of the first instance of the configuration. */
  readonly virtualRouterId: number
  /** At most 8, by their names. */
  readonly instances: readonly {
    readonly name: string
    readonly family: 'ipv4' | 'ipv6'
    readonly virtualRouterId: number
    /** As it is configured. */
    readonly priority: number
  }[]
  readonly electors: readonly ElectorName[]
  /** HMAC keys of the beacons, at most 4: sent with the first, taken with each; none = not authenticated. */
  readonly keys: readonly string[]
  /** Versions of the beacons that it reads; those of this software where it is left out. */
  readonly versions?: BeaconVersions
  /** That there is no key is wanted so. */
  readonly insecure: boolean
  /** Between two hellos. */
  readonly intervalMs: number
  /** Intervals without a sign of life after which a node is stale. */
  readonly staleAfterIntervals: number
  /** Kernel mode: the fast path is told which clients are to stay with another node. */
  readonly tellsFastPath: boolean
  /** Names the mark of a node that drains. */
  readonly drainMark: string
  /** What is open at this node is reset while its proxy fails; else it is left alone. */
  readonly resetsOnFailure: boolean
  /** What must be the same on every node, as text by name (`virtualIps`, `redirects`, ...). At most 16. */
  readonly settings: Readonly<Record<string, string>>
}

export const versionsOf = ({ versions = BEACON_VERSIONS }: DiscoveryOptions): BeaconVersions => versions

/** Silence after which a node is stale: its answer to the last of the hellos gets a quarter of an interval. */
export const staleAfterMs = ({ intervalMs, staleAfterIntervals }: DiscoveryOptions): number =>
  (staleAfterIntervals + 0.25) * intervalMs

/** Silence after which a node is none of the group any more: nothing is asked of it, or sent to it. It is told of as missing all the same. */
export const goneAfterMs = ({ intervalMs }: DiscoveryOptions): number => 60 * intervalMs
