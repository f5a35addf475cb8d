/** Who else speaks VRRP on this network, as far as it concerns our virtual router. Pure, and bounded whatever is sent. */

import { freeVrids } from '../../../runtime/wire/free-vrids.ts'
import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import type { ForeignRouter, Rival, SettingOfRouter } from '../messages.ts'
import type { ElectorOptions } from '../options.ts'
import { standsForMs } from './notices.ts'
import { sameAddresses } from './reception.ts'

/** Past this number the one unheard for longest is forgotten. */
export const NEIGHBOURS_KEPT = 8
/** A VRID counts as used for so long after it was heard. */
export const VRID_LIFE_MS = 300_000
/** Adverts of every other virtual router come by: that one is there need not be noted anew with each. */
const VRID_NOTED_EVERY_MS = 10_000
/** One or two losing adverts are a race at a takeover; whoever sends a third does not hear us. */
export const RIVAL_ADVERTS = 3

interface Heard {
  readonly firstMs: number
  readonly lastMs: number
}

export interface Neighbours {
  /** VRIDs other than ours with when they were heard: 254 at most. */
  readonly vrids: ReadonlyMap<number, number>
  readonly foreign: readonly (Omit<ForeignRouter, 'lastHeardMs'> & Heard)[]
  readonly rivals: readonly (Omit<Rival, 'lastHeardMs' | 'forMs'> & Heard)[]
}

export const noNeighbours: Neighbours = { vrids: new Map(), foreign: [], rivals: [] }

/** Another virtual router was heard. */
export function heardVrid(neighbours: Neighbours, virtualRouterId: number, nowMs: number): Neighbours {
  const notedMs = neighbours.vrids.get(virtualRouterId)
  if (notedMs !== undefined && nowMs - notedMs < VRID_NOTED_EVERY_MS) return neighbours
  return { ...neighbours, vrids: new Map(neighbours.vrids).set(virtualRouterId, nowMs) }
}

/** What of an advert with our VRID is not as it is here; in version 3 the interval is the master's to choose, within bounds (rule 5). */
export function differencesOf(advert: Advertisement, authenticated: boolean, ours: ElectorOptions): SettingOfRouter[] {
  const differing: Readonly<Record<SettingOfRouter, boolean>> = {
    version: advert.version !== ours.version,
    authentication: authenticated,
    interval:
      advert.version === ours.version &&
      (ours.version === 2
        ? advert.advertIntervalCs !== ours.advertIntervalCs
        : advert.advertIntervalCs > ours.longestLearnedCs),
    virtualIps: !sameAddresses(advert.addresses, ours.virtualIps),
  }
  return (Object.keys(differing) as SettingOfRouter[]).filter((setting) => differing[setting])
}

/** Somebody uses our VRID with other settings. */
export function heardForeign(
  neighbours: Neighbours,
  router: Omit<ForeignRouter, 'lastHeardMs'>,
  nowMs: number,
): Neighbours {
  const before = neighbours.foreign.find(({ address }) => address === router.address)
  const heard = { ...router, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs }
  return { ...neighbours, foreign: withNewest(neighbours.foreign, heard) }
}

/** Its settings are ours by now. */
export function withoutForeign(neighbours: Neighbours, address: string): Neighbours {
  if (!neighbours.foreign.some((router) => router.address === address)) return neighbours
  return { ...neighbours, foreign: neighbours.foreign.filter((router) => router.address !== address) }
}

/** A master that has to give way to us has advertised; a silence of `forgetAfterMs` begins anew. */
export function heardRival(
  neighbours: Neighbours,
  rival: Pick<Rival, 'address' | 'priority'>,
  nowMs: number,
  forgetAfterMs: number,
): Neighbours {
  const known = neighbours.rivals.find(({ address }) => address === rival.address)
  const before = known !== undefined && nowMs - known.lastMs < forgetAfterMs ? known : undefined
  const heard = { ...rival, adverts: (before?.adverts ?? 0) + 1, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs }
  return { ...neighbours, rivals: withNewest(neighbours.rivals, heard) }
}

function withNewest<Of extends { readonly address: string }>(known: readonly Of[], newest: Of): readonly Of[] {
  return [...known.filter(({ address }) => address !== newest.address), newest].slice(-NEIGHBOURS_KEPT)
}

/** Of those that were heard of late: VRIDs rise, routers are in the order of their last advert. `everyMs`: how often this node advertises. */
export function describeNeighbours({ vrids, foreign, rivals }: Neighbours, nowMs: number, everyMs: number) {
  const isRecent = ({ lastMs }: Heard, itsMs: number): boolean => nowMs - lastMs < standsForMs(itsMs)
  return {
    vridsHeard: usedVrids(vrids, nowMs),
    foreignRouters: foreign
      .filter((router) => isRecent(router, router.advertIntervalMs))
      .map(({ firstMs: _, lastMs, ...router }): ForeignRouter => ({ ...router, lastHeardMs: nowMs - lastMs })),
    rivals: rivals
      .filter((rival) => isRecent(rival, everyMs) && rival.adverts >= RIVAL_ADVERTS)
      .map(({ firstMs, lastMs, ...rival }): Rival => {
        return { ...rival, forMs: lastMs - firstMs, lastHeardMs: nowMs - lastMs }
      }),
  }
}

const usedVrids = (vrids: Neighbours['vrids'], nowMs: number): readonly number[] =>
  [...vrids]
    .filter(([, atMs]) => nowMs - atMs < VRID_LIFE_MS)
    .map(([vrid]) => vrid)
    .sort((one, other) => one - other)

/** The next VRID above ours that was not heard; undefined when all are used. */
export function freeVrid({ vrids }: Neighbours, own: number, nowMs: number): number | undefined {
  return freeVrids(usedVrids(vrids, nowMs), own)[0]
}
