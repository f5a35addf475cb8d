import { virtualRouterText } from '../../runtime/wire/beacon-body.ts'
import { heardDirectors } from './directors.ts'
import { compactSettings, differences, type SettingDifference } from './settings.ts'
import type { DiscoveryState } from './state.ts'
import { strayText } from './strays.ts'

/** A warning about a refused beacon stands that long after the last one. */
const REFUSAL_STANDS_MS = 10_000

/** Refusals that an operator can mend, and how. Others are counted only. */
const REFUSALS: Readonly<Record<string, (source: string) => string>> = {
  wrongHmac: (source) => `beacons from ${source} are refused: cluster.key is another one there`,
  unauthenticated: (source) => `beacons from ${source} are refused: cluster.key is not set there`,
  unexpectedHmac: (source) => `beacons from ${source} are refused: cluster.key is set there, but not here`,
  unknownVersion: (source) => `beacons from ${source} are refused: it runs another version`,
}

/** What the operator should mend, now. */
export function warningsOf(state: DiscoveryState, nowMs: number): string[] {
  const { key } = state.options
  return [
    ...(key === null ? ['cluster.key is not set: beacons are not authenticated'] : []),
    ...settingWarnings(state),
    ...splitWarnings(state, nowMs),
    ...Object.entries(state.refused)
      .filter(([, { atMs }]) => nowMs - atMs < REFUSAL_STANDS_MS)
      .flatMap(([reason, { source, strayVirtualRouterId: stray }]) =>
        stray === null ? (REFUSALS[reason]?.(source) ?? []) : [strayText(source, stray, state.options)],
      ),
    ...(state.fullAtMs !== null && nowMs - state.fullAtMs < REFUSAL_STANDS_MS
      ? ['more than 64 nodes are heard: the others are ignored']
      : []),
  ]
}

function settingWarnings(state: DiscoveryState): string[] {
  const ours = compactSettings(state.options.settings)
  const differing = [...state.nodes.values()].filter((known) => known.settingsDiffer)
  return differing.flatMap((known) => {
    const who = `${known.node.name} (${known.address})`
    // Only the director has the settings of all; the others learn from it that there is something to mend.
    if (known.settings === null) return `the settings of ${who} are not those of the director, whose status names them`
    return differences(ours, known.settings).map((difference) => differenceText(who, difference))
  })
}

const differenceText = (who: string, { name, ours, theirs }: SettingDifference) =>
  `setting ${name} differs: ${theirs ?? 'not set'} at ${who}, ${ours ?? 'not set'} here`

/** Two nodes say that they are director of the same virtual router, and have for longer than a hand-over takes. */
function splitWarnings(state: DiscoveryState, nowMs: number): string[] {
  const claims = heardDirectors(state, nowMs).flatMap(({ address, terms }) =>
    [...terms].map(([router, term]) => ({ address, router, ...term })),
  )
  const own = [...state.ledSinceMs].map(([router, firstMs]) => {
    return { address: state.options.managementIp, router, firstMs, lastMs: nowMs }
  })
  const all = [...own, ...claims]
  const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other] as const))
  return pairs
    .filter(([one, other]) => one.router === other.router)
    .filter(
      ([one, other]) =>
        Math.min(one.lastMs, other.lastMs) - Math.max(one.firstMs, other.firstMs) > state.options.intervalMs,
    )
    .map(([one, other]) => splitText(one.address, other.address, one.router))
}

const splitText = (one: string, other: string, router: number) =>
  `two directors are heard, ${one} and ${other}, both of ${virtualRouterText(router)}: is the network split, or IP protocol 112 filtered?`
