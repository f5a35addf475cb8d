/** What kernel mode is made of, as `ruleset.ts` takes it. */
import type { NftOutline } from '../../../runtime/ports/nft/nft.ts'

/** A virtual IP and what this host is for it. */
interface RulesetAddress {
  /** IPv4, or IPv6 in its shortest form (RFC 5952). */
  readonly address: string
  /** `former`: it was the director, and forwards what still comes, but does not speak for the address any more. */
  readonly role: 'director' | 'former' | 'node'
}

export interface RulesetRedirect {
  readonly originalPorts: readonly number[]
  readonly proxyPort: number
}

/** Original ports that are the proxy's own. */
export interface RulesetRange {
  readonly first: number
  readonly last: number
}

/** A node of the group: every one whose MAC is known, also those that get no traffic now (they may be directors). */
export interface RulesetNode {
  /** 1..64: its row in the connection table + 1. */
  readonly mark: number
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string
  /** This host. Its `mac` is not looked at: `Ruleset.mac` counts. */
  readonly self: boolean
  /** Gets SYNs: neither stale, nor in failure, nor draining. */
  readonly takesNew: boolean
  /** Gets the segments of the connections that it has. A node that drains, has left or is in failure does. */
  readonly reachable: boolean
}

/** A client that stays with a node. */
export interface Pin {
  readonly client: string
  readonly mark: number
  /** May have connections at other nodes, too: those are known one by one. */
  readonly divided?: boolean
  /** Seconds it has left without a packet; all of `pinTimeoutS` where it is missing. */
  readonly expiresS?: number
}

/** One connection of a divided client, and its node. */
export interface KnownConnection {
  readonly family: 4 | 6
  /** What tells it from any other, as the maps have it (`connection-key.ts`). */
  readonly key: string
  readonly mark: number
  /** As of a pin. */
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
  /** Original ports beside those, which keep their number: nodes have nothing to do for them. */
  readonly portRanges?: readonly RulesetRange[]
  /** Original ports of those by which nothing new begins, although what is open goes on. */
  readonly endingPorts?: readonly number[]
  readonly nodes: readonly RulesetNode[]
  /** MACs that nodes had until a moment ago: what they sent then is theirs. At most 64. */
  readonly formerMacs?: readonly string[]
  /** 4096 marks: whom a client's SYN goes to that has no pin; 0 = nobody, it is not answered. */
  readonly slots: Uint8Array
  /** Clients whose SYNs go to a certain node as long as that takes any. At most 256. */
  readonly tied?: readonly { readonly client: string; readonly mark: number }[]
  /**
   * Slots that have moved while it is not known yet who has to stay: 4096 marks, whom a segment goes to of whose client and connection
   * nothing is known; 0 = the owner.
   */
  readonly former?: Uint8Array
  /** Nobody can serve, and that is known: clients are refused by RST at once, instead of being left to their timeouts. */
  readonly refusing?: boolean
  /** A SYN that no proxy listens for on this host is not answered: the group knows of it before TCP sends it again. */
  readonly hidesUnlistened?: boolean
  readonly pins: readonly Pin[]
  readonly connections?: readonly KnownConnection[]
  /** A client without a packet for so long is forgotten. */
  readonly pinTimeoutS: number
  /**
   * It is not known yet which clients have to stay where: what begins no connection is dropped unless its client is pinned or its
   * connection has begun since.
   */
  readonly hearing?: boolean
  /**
   * Another host is director now, and clients have yet to hear of it: a SYN goes where that host sends it, which knows what nodes say of
   * their clients, and none of the pins here.
   */
  readonly givingWay?: boolean
  /**
   * The virtual IPs are on lo for good, and the process may die while it is director: ARP is answered only for so long after an advert
   * of VRRP has left the interface. Missing: always.
   */
  readonly fencedAfterMs?: number
  /** Most pins of each family. A client beyond follows its slot. */
  readonly tableSize: number
}

/** The maps of a predecessor, which can go on as they are (`kept-maps.ts`). */
export interface KeptMaps {
  /** MAC of each mark. */
  readonly marks: ReadonlyMap<number, string>
  /** What else there is in the table. */
  readonly others: Pick<NftOutline, 'sets' | 'chains'>
  /** Names of counters that go on as well; none of a predecessor that did not have them. */
  readonly counters?: readonly string[]
}
