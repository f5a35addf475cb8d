import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import type { WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import { strayWarning } from '../members/strays.ts'
import { staleAfterMs } from '../options.ts'
import type { DiscoveryState, RefusedBeacons } from '../state.ts'

/** A warning about refused beacons stands that long after the last one. */
export const REFUSAL_STANDS_MS = 10_000
/** Reasons and senders that are remembered together. Beyond, the one that was refused least often goes, and of those the oldest. */
const REFUSALS = 32
/** Senders that are named for one reason: a flood that makes up its sources would name any number. */
const NAMED = 4
/** So many in a row that somebody repeats them: a network may double a packet. */
const REPEATS = 3

/** What is wrong with them, for people, and what to mend where their sender means it well. Other reasons are counted only. */
const MISTAKES: Readonly<
  Record<string, { readonly what: string; readonly cause: string; readonly code: WarningCode }>
> = {
  wrongHmac: { what: 'their HMAC is wrong', cause: 'cluster.key is another one there', code: 'cluster-key' },
  unauthenticated: { what: 'they have no HMAC', cause: 'cluster.key is not set there', code: 'cluster-key' },
  unexpectedHmac: { what: 'they have an HMAC', cause: 'cluster.key is set there, but not here', code: 'cluster-key' },
  unknownVersion: { what: 'they are of another version', cause: 'it runs another version', code: 'beacon-version' },
}

/** The state with one more beacon refused. */
export function withRefusal(
  state: DiscoveryState,
  refused: Pick<RefusedBeacons, 'reason' | 'source' | 'strayVirtualRouterId'>,
  atMs: number,
): DiscoveryState {
  const name = `${refused.reason} ${refused.source}`
  const before = state.refused.get(name)
  const stands = before !== undefined && atMs - before.atMs < REFUSAL_STANDS_MS
  const all = new Map(state.refused)
  // The last one stands last.
  all.delete(name)
  all.set(name, { ...refused, atMs, count: stands ? before.count + 1 : 1 })
  if (all.size > REFUSALS) {
    const [rarest] = [...all].reduce((least, entry) => (entry[1].count < least[1].count ? entry : least))
    all.delete(rarest)
  }
  return { ...state, refused: all }
}

/** What the operator should mend. */
export function refusalWarnings(state: DiscoveryState, nowMs: number): readonly Warning[] {
  const standing = [...state.refused.values()].filter(({ atMs }) => nowMs - atMs < REFUSAL_STANDS_MS)
  const byReason = Map.groupBy(standing, ({ reason }) => reason)
  const named = [...byReason.values()].flatMap((some) => some.sort((a, b) => b.count - a.count).slice(0, NAMED))
  return named.flatMap((refused) => warningOf(state, refused, nowMs))
}

function warningOf(state: DiscoveryState, refused: RefusedBeacons, nowMs: number): readonly Warning[] {
  const { reason, source, count, strayVirtualRouterId: stray } = refused
  const { options } = state
  const are = `beacons from ${source} are refused`
  const lastMs = state.sessions.get(source)?.lastMs ?? Number.NEGATIVE_INFINITY
  const othersRight = nowMs - lastMs < staleAfterMs(options)
  if (stray !== null) return [strayWarning(source, stray, options)]
  const mistake = MISTAKES[reason]
  if (mistake !== undefined) {
    return [
      othersRight
        ? warning(
            'forged-beacons',
            source,
            `${are}: ${mistake.what}, but others from it are right: somebody sends in its name`,
          )
        : warning(mistake.code, source, `${are}: ${mistake.cause}`),
    ]
  }
  switch (reason) {
    case 'routed':
      return [
        warning(
          'beacons-from-elsewhere',
          source,
          `${are}: their TTL is not 255, so a router has passed them on; the nodes of a group are on one subnet`,
        ),
      ]
    case 'outsideSubnet':
      return [
        warning(
          'beacons-from-elsewhere',
          source,
          `${are}: it is outside the subnet of ${options.managementIp}/${options.managementPrefixLength}`,
        ),
      ]
    case 'replay':
    case 'supersededEpoch':
      if (count < REPEATS) return []
      return [
        warning(
          'old-beacons',
          source,
          othersRight
            ? `${are}: they are old, but others from it are right: somebody plays back a recording, or the network doubles packets`
            : `${are}: they are old: was it put back to a snapshot, or does somebody play back a recording?`,
        ),
      ]
    default:
      return []
  }
}
