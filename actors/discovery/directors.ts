import { parseIpv4 } from '../../runtime/wire/addresses.ts'
import { virtualRouterNumber } from '../../runtime/wire/beacon/body.ts'
import { type DiscoveryOptions, goneAfterMs, staleAfterMs } from './options.ts'
import type { DirectorHeard, DiscoveryState, Term } from './state.ts'

/**
 * Who leads what. A group with several virtual routers may have several directors at once; each says in its hello which
 * it leads. They all hand connections on by the same slots, which one of them assigns: `assignerAddress`.
 */

/** Directors that are remembered at most: no node has more instances than that. */
const DIRECTORS = 8

/** Since when this node leads which virtual routers, by number, when its electors have said that. */
export function ledSince(state: DiscoveryState, nowMs: number): ReadonlyMap<number, number> {
  const led = state.options.instances.filter(({ name }) => state.roles.get(name)?.role === 'director').map(numberOf)
  return new Map(led.map((router) => [router, state.ledSinceMs.get(router) ?? nowMs]))
}

/** Every director as this node knows it: itself, those that VRRP names, and those that say so themselves. */
export function directorAddresses(state: DiscoveryState, nowMs: number): ReadonlySet<string> {
  const ours = state.options.instances.map(numberOf)
  const claimed = [...state.directors.values()].flatMap(({ terms }) => [...terms.keys()])
  const leaders = [...new Set([...ours, ...claimed])].map((router) => leaderOf(state, router, nowMs))
  return new Set(leaders.filter((leader) => leader !== null))
}

/**
 * The director of one virtual router: this node; or whom VRRP names, if it is one of us; or whoever said so last and is
 * not silent since. Null: nobody, or a VRRP router that no beacon names (keepalived, or a master of IPv6 by its link-local
 * address, of whom only the hello tells).
 */
function leaderOf(state: DiscoveryState, router: number, nowMs: number): string | null {
  const { options, roles, nodes } = state
  const instance = options.instances.find((one) => numberOf(one) === router)
  const own = instance && roles.get(instance.name)
  if (own?.role === 'director') return options.managementIp
  const master = own?.masterAddress ?? null
  if (master !== null && nodes.has(master)) return master
  const patienceMs = instance !== undefined && master === null ? goneAfterMs(options) : staleAfterMs(options)
  const claims = [...state.directors.values()].flatMap(({ address, terms }) => {
    const term = terms.get(router)
    return term !== undefined && nowMs - term.lastMs < patienceMs ? [{ address, sinceMs: term.firstMs }] : []
  })
  return claims.sort((a, b) => b.sinceMs - a.sinceMs)[0]?.address ?? null
}

/**
 * The director whose assignment all follow, the other directors too: the one with the lowest management IP of those that are
 * heard. One whose assignment has stood for a while comes before one that has just begun, or was alone: a node that becomes
 * director at its start, before it heard of the others, or was cut off, would deal their clients anew. Null: nobody is director.
 */
export function assignerAddress(state: DiscoveryState, nowMs: number): string | null {
  const all = [...directorAddresses(state, nowMs)]
  const heard = all.filter((address) => address === state.options.managementIp || isHeard(state, address, nowMs))
  // The only one may be a director that VRRP names and whose first hello is on its way.
  const candidates = heard.length > 0 ? heard : all
  const rank = (address: string) => (isEstablished(state, address) ? 0 : 2 ** 32) + (parseIpv4(address) ?? 0)
  return candidates.sort((a, b) => rank(a) - rank(b))[0] ?? null
}

/** Whether this node decides which node owns which slot. */
export const isAssigner = (state: DiscoveryState, nowMs: number): boolean =>
  state.role === 'director' && assignerAddress(state, nowMs) === state.options.managementIp

const isEstablished = (state: DiscoveryState, address: string) =>
  address === state.options.managementIp ? state.established : state.directors.get(address)?.established === true

/** Whether a node said hello, as directors do, not long ago. */
export const isHeard = (state: DiscoveryState, address: string, nowMs: number): boolean =>
  nowMs - (state.directors.get(address)?.lastMs ?? Number.NEGATIVE_INFINITY) < staleAfterMs(state.options)

/** The directors that are heard now. */
export const heardDirectors = (state: DiscoveryState, nowMs: number): readonly DirectorHeard[] =>
  [...state.directors.values()].filter(({ address }) => isHeard(state, address, nowMs))

/** What a director's hello says about it. */
export interface HeardHello {
  readonly address: string
  readonly settingsDigest: string
  readonly established: boolean
  readonly leads: readonly number[]
  readonly counted: DirectorHeard['counted']
}

/** The directors with that one's hello added. */
export function heardDirector(
  state: DiscoveryState,
  hello: HeardHello,
  nowMs: number,
): ReadonlyMap<string, DirectorHeard> {
  const { address, settingsDigest, established, counted } = hello
  const before = state.directors.get(address)?.terms
  const terms = nextTerms(state.options, before, hello.leads, nowMs)
  const directors = new Map(state.directors)
  directors.set(address, { address, settingsDigest, established, terms, counted, lastMs: nowMs })
  if (directors.size > DIRECTORS) {
    const [silent] = [...directors].reduce((oldest, entry) => (entry[1].lastMs < oldest[1].lastMs ? entry : oldest))
    directors.delete(silent)
  }
  return directors
}

/** A silence of two intervals begins a new term. What it no longer leads is remembered while it might still. */
function nextTerms(
  options: DiscoveryOptions,
  before: ReadonlyMap<number, Term> = new Map(),
  leads: readonly number[],
  nowMs: number,
): ReadonlyMap<number, Term> {
  const recent = new Map([...before].filter(([, { lastMs }]) => nowMs - lastMs < staleAfterMs(options)))
  const renewed = leads.map((router) => {
    const term = recent.get(router)
    const firstMs = term !== undefined && nowMs - term.lastMs < termPauseMs(options) ? term.firstMs : nowMs
    return [router, { firstMs, lastMs: nowMs }] as const
  })
  return new Map([...recent, ...renewed])
}

/** Silence within a term at most. A director that led, did not, and leads again begins anew where another led for longer. */
export const termPauseMs = ({ intervalMs }: DiscoveryOptions): number => 2 * intervalMs

/** A virtual router as beacons name it. */
export const numberOf = ({
  family,
  virtualRouterId,
}: Pick<DiscoveryOptions['instances'][number], 'family' | 'virtualRouterId'>) =>
  virtualRouterNumber(family, virtualRouterId)
