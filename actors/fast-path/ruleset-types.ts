/** What kernel mode is made of, as `ruleset.ts` takes it. */

/** A virtual IP and what this host is for it. */
interface RulesetAddress {
  /** IPv4, or IPv6 in its shortest form (RFC 5952). */
  readonly address: string
  readonly role: 'director' | 'node'
}

export interface RulesetRedirect {
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
}

/** A node of the group: every one whose MAC is known, also those that get no traffic now (they may be directors). */
export interface RulesetNode {
  /** 1..64: its row in the connection table + 1. */
  readonly mark: number
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string
  /** This host. Its `mac` is not looked at: `Ruleset.mac` counts. */
  readonly self: boolean
  /** May get traffic: not stale, not in failure. A draining node stays eligible for the clients it has; it just owns no slot. */
  readonly eligible: boolean
  /** Its gateway was stopped in order: no new connection, but the clients that are pinned to it reach it. */
  readonly left?: boolean
}

/** A client that stays with a node. */
export interface Pin {
  readonly client: string
  readonly mark: number
  /** Seconds it has left without a packet; all of `pinTimeoutS` where it is missing. */
  readonly expiresS?: number
}

export interface Ruleset {
  readonly interfaceName: string
  /** Of the interface, `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string
  /** IPv4: what this host's kernel says it is when it asks for a client's MAC, instead of a VIP. */
  readonly managementIp: string
  readonly virtualIps: readonly RulesetAddress[]
  readonly redirects: readonly RulesetRedirect[]
  readonly nodes: readonly RulesetNode[]
  /** 4096 marks; 0 = nobody: new clients of the slot are not answered. */
  readonly slots: Uint8Array
  readonly pins: readonly Pin[]
  /** A client without a packet for so long is forgotten. */
  readonly pinTimeoutS: number
  /**
   * It is not known yet which clients have to stay where: what begins no connection is dropped unless its client is pinned or its
   * connection has begun since.
   */
  readonly hearing?: boolean
  /**
   * The virtual IPs are on lo for good, and the process may die while it is director: ARP is answered only for so long after an advert
   * of VRRP has left the interface. Missing: always.
   */
  readonly fencedAfterMs?: number
  /** Most pins of each family. A client beyond follows its slot. */
  readonly tableSize: number
}
