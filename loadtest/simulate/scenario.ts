/** What happens in the simulated world. All times are simulated seconds from its beginning. */

/** A node of the world. Its name is the letter of its index. */
export interface NodeSpec {
  /** Relative size, as `balancing.capacity`: 100 is an ordinary box. */
  readonly capacity: number
}

/** Something that happens to a node. */
export type WorldEvent =
  /** It begins to serve: from nothing, or again after it died. */
  | { readonly type: 'joins'; readonly atS: number; readonly node: number }
  /** It is gone with all its connections. */
  | { readonly type: 'dies'; readonly atS: number; readonly node: number }
  /** Something else on the box takes that share of its CPU, 0..1, from now on. */
  | { readonly type: 'busy'; readonly atS: number; readonly node: number; readonly share: number }

export interface Scenario {
  readonly seed: number
  readonly clients: number
  /** How often a client connects is proportional to 1 / rank ** exponent. */
  readonly exponent: number
  readonly nodes: readonly NodeSpec[]
  /** In order of time; nodes that never join are absent. */
  readonly events: readonly WorldEvent[]
  readonly durationS: number
  /** The time before that is not measured: tables fill, controllers settle. */
  readonly warmUpS: number
  /** New connections a second, on average over the wave. */
  readonly connectionsPerS: number
  /** The arrivals swing by that share around their average, as a day's traffic does, with that period. */
  readonly swing: number
  readonly swingPeriodS: number
  /** Of a connection's life, which is lognormal. */
  readonly meanLifeS: number
  /** Average load of the first nodes together, 0..1, which says how much work a unit of capacity can do. */
  readonly utilisation: number
}

const MINUTE_S = 60

/** Seven nodes of three sizes, then an eighth; two die and return, one gets busy twice; three hours. */
export const threeHours: Scenario = {
  seed: 1,
  clients: 1_000_000,
  exponent: 0.9,
  nodes: [400, 200, 200, 200, 100, 100, 100, 200].map((capacity) => ({ capacity })),
  events: [
    ...[0, 1, 2, 3, 4, 5, 6].map((node) => ({ type: 'joins', atS: 0, node }) as const),
    { type: 'dies', atS: 40 * MINUTE_S, node: 5 },
    { type: 'joins', atS: 50 * MINUTE_S, node: 5 },
    { type: 'joins', atS: 65 * MINUTE_S, node: 7 },
    { type: 'busy', atS: 80 * MINUTE_S, node: 2, share: 0.6 },
    { type: 'busy', atS: 100 * MINUTE_S, node: 2, share: 0 },
    { type: 'dies', atS: 120 * MINUTE_S, node: 0 },
    { type: 'joins', atS: 135 * MINUTE_S, node: 0 },
    { type: 'busy', atS: 155 * MINUTE_S, node: 4, share: 0.5 },
    { type: 'busy', atS: 165 * MINUTE_S, node: 4, share: 0 },
  ],
  durationS: 180 * MINUTE_S,
  warmUpS: 20 * MINUTE_S,
  connectionsPerS: 1500,
  swing: 0.25,
  swingPeriodS: 120 * MINUTE_S,
  meanLifeS: 30,
  utilisation: 0.55,
}

/** What a node is called in figures. */
export const nodeName = (node: number): string => String.fromCharCode(65 + node)
