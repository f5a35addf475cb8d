/**
 * Versions of the beacons, the third byte of each. What is only added (fields at the end of a list, types, settings) needs no
 * other: who does not know it skips it. A version is for what older nodes would misread.
 *
 * Nodes of two versions make a group: each says which it reads, and writes what all that it knows do. A hello is always of the
 * oldest, since a node that has just come can be of that.
 */
export interface BeaconVersions {
  readonly oldest: number
  readonly newest: number
}

/** Those of this software. */
export const BEACON_VERSIONS: BeaconVersions = { oldest: 5, newest: 5 }

/** The newest that all of them read, and this node writes. */
export const commonVersion = ({ newest }: BeaconVersions, reads: readonly number[]): number =>
  Math.min(newest, ...reads)
