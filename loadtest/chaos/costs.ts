/** What a fault that is drawn is, what it may cost, and how it is named. */
/** Whose kept connections may end by it, in kernel mode. In workers mode those of the director's are all, and so are those of a moved virtual IP. */
type Ends = 'nothing' | 'node' | 'all'

/**
 * Whose new connections may fail. `briefly`: while the group has not seen yet that it has come or gone, which takes a silence of VRRP or of
 * beacons; `throughout`: also while it lasts.
 */
type KeepsOut = 'nobody' | 'briefly' | 'throughout'

/** Of which nodes the holders are counted apart while it lasts. `node`: the node is by itself; `group`: several may hold the virtual IP. */
type Divides = 'nothing' | 'node' | 'group'

/** What the doctor must say of it. */
export interface Naming {
  /** One of these. */
  readonly codes: readonly string[]
  /** On whom it is to be found: the node that it befalls, one of the others, or any. */
  readonly by: 'itself' | 'another' | 'anybody'
  /** After so long; what lasts less need not be named. */
  readonly withinMs: number
}

/** What a fault may cost while it lasts, and until the group has settled. */
export interface Costs {
  readonly ends: Ends
  readonly keepsOut: KeepsOut
  readonly divides: Divides
  /** Whether another node may become director, also where it befalls none. */
  readonly movesVip: boolean
  /** Whether the gateway may end by itself. */
  readonly endsGateway: boolean
}

/** A fault that is drawn. */
export interface PlannedFault {
  readonly name: string
  /** Index of the node; where it befalls none in particular, 0. */
  readonly node: number
  /** From the beginning of its round. */
  readonly afterMs: number
  readonly lastsMs: number
  /** Its further chance, 0..1: what it does with that is its own. */
  readonly chance: number
}

/** It costs nobody anything. */
export const free: Costs = {
  ends: 'nothing',
  keepsOut: 'nobody',
  divides: 'nothing',
  movesVip: false,
  endsGateway: false,
}
