/**
 * What clients had of each node. In kernel mode every node counts its own, and says so. In workers mode a director's forwarders see what they
 * hand on, and its hello says so of every node: of several directors each tells a part. Who becomes director goes on from where the
 * others were, so that no failover makes a figure begin anew.
 */
import type { RosterEntry } from '../../../runtime/wire/beacon/body.ts'
import type { Traffic } from '../../../runtime/wire/beacon/traffic.ts'
import { directorAddresses } from '../directors.ts'
import type { DiscoveryState } from '../state.ts'

/** By management IP. */
export type TrafficByNode = ReadonlyMap<string, Traffic>

/** Of a node, as far as this one knows; null: nobody has said. `word`: what the node itself has said last. */
export function trafficOf(state: DiscoveryState, address: string, word: Traffic | null, nowMs: number): Traffic | null {
  if (!state.options.tellsFastPath) return handedTo(state, address, nowMs)
  return address === state.options.managementIp ? (state.counted.get(address) ?? null) : word
}

/** As this node's beacons tell it of a node: in workers mode what this node, as a director, answers for. */
export function tellableTraffic(state: DiscoveryState, address: string, word: Traffic | null): Traffic | null {
  if (state.options.tellsFastPath) return state.counted.get(address) ?? word
  return state.role === 'director' ? ownPart(state, address) : null
}

/** What a director's hello says that it has handed on, by node. */
export function partOfHello(address: string, own: Traffic | null, roster: readonly RosterEntry[]): TrafficByNode {
  const all = [{ address, traffic: own }, ...roster.map((entry) => ({ ...entry, traffic: entry.node.traffic }))]
  return new Map(all.flatMap(({ address, traffic }) => (traffic === null ? [] : [[address, traffic] as const])))
}

/** What all directors together have handed on by now: kept for when there is none. */
export function totalsNow(state: DiscoveryState, nowMs: number): TrafficByNode {
  const parts = [...directorAddresses(state, nowMs)].map((director) => state.directors.get(director)?.counted)
  const addresses = new Set([...state.totals.keys(), ...parts.flatMap((part) => [...(part?.keys() ?? [])])])
  const known = [state.options.managementIp, ...state.nodes.keys(), ...state.gone.keys()]
  return new Map(
    [...addresses].flatMap((address) => {
      const traffic = known.includes(address) ? handedTo(state, address, nowMs) : null
      return traffic === null ? [] : [[address, traffic] as const]
    }),
  )
}

/**
 * This node leads more than before: what those have handed on who lead no more is its own part from now on. `before`: as it was before the
 * role changed.
 */
export function inheritedTraffic(before: DiscoveryState, after: DiscoveryState, nowMs: number): TrafficByNode {
  const { managementIp, tellsFastPath } = after.options
  if (tellsFastPath) return after.inherited
  const others = [...directorAddresses(after, nowMs)].filter((director) => director !== managementIp)
  const addresses = new Set([managementIp, ...after.nodes.keys(), ...after.gone.keys(), ...after.counted.keys()])
  return new Map(
    [...addresses].map((address) => {
      const theirs = others.flatMap((director) => after.directors.get(director)?.counted.get(address) ?? [])
      const known = handedTo(before, address, nowMs) ?? NOTHING
      return [address, [...theirs, after.counted.get(address) ?? NOTHING].reduce(without, known)] as const
    }),
  )
}

const NOTHING: Traffic = { connections: 0, failed: 0, bytesIn: 0, bytesOut: 0 }

/** By all directors; where none of them has said anything, or one not yet since it leads, as it was last. */
function handedTo(state: DiscoveryState, address: string, nowMs: number): Traffic | null {
  const directors = [...directorAddresses(state, nowMs)]
  if (directors.some((director) => spokeBeforeItLed(state, director))) return state.totals.get(address) ?? null
  const parts = directors.flatMap((director) => {
    const isSelf = director === state.options.managementIp
    return (isSelf ? ownPart(state, address) : state.directors.get(director)?.counted.get(address)) ?? []
  })
  return parts.length === 0 ? (state.totals.get(address) ?? null) : parts.reduce(plus)
}

/** VRRP names it since it said hello last: in that it told of an earlier time as director, and nothing of what others have handed on since. */
function spokeBeforeItLed({ directors, roles, masterSinceMs }: DiscoveryState, director: string): boolean {
  const heardMs = directors.get(director)?.lastMs
  if (heardMs === undefined) return false
  return [...roles.values()].some(
    ({ instance, masterAddress }) => masterAddress === director && heardMs < (masterSinceMs.get(instance) ?? heardMs),
  )
}

function ownPart({ counted, inherited }: DiscoveryState, address: string): Traffic | null {
  const [now, before] = [counted.get(address), inherited.get(address)]
  return now === undefined && before === undefined ? null : plus(now ?? NOTHING, before ?? NOTHING)
}

const plus = (one: Traffic, other: Traffic): Traffic => ({
  connections: one.connections + other.connections,
  failed: one.failed + other.failed,
  bytesIn: one.bytesIn + other.bytesIn,
  bytesOut: one.bytesOut + other.bytesOut,
})

const without = (one: Traffic, { connections, failed, bytesIn, bytesOut }: Traffic): Traffic =>
  plus(one, { connections: -connections, failed: -failed, bytesIn: -bytesIn, bytesOut: -bytesOut })
