import type { BeaconMark } from '../../runtime/wire/beacon/audience.ts'
import { withReport } from './beacons/outgoing.ts'
import { staleAfterMs } from './options.ts'
import type { DiscoveryState, Progress } from './state.ts'

/**
 * A hello that does not name this node as it is now proves nothing: its sender has just started, or this node has, or it is a
 * recording. Nothing of it is believed, but it is answered: whoever is there learns from the answer what to name in its next one.
 */

/** Claims that are remembered. Beyond, one is not answered: so many hellos of so many starts are none of a group's. */
const CLAIMS = 256

/** Answers a hello that is not believed, each start of a node twice an interval at most. */
export function withClaim(progress: Progress, address: string, mark: BeaconMark, nowMs: number): Progress {
  const { state } = progress
  const pauseMs = state.options.intervalMs / 2
  const name = nameOf(address, mark.epoch)
  const before = state.claims.get(name)
  const isOld = before !== undefined && nowMs - before.lastMs > staleAfterMs(state.options)
  const known = isOld ? undefined : before
  if (known !== undefined && nowMs - known.answeredMs < pauseMs) {
    return withClaims(progress, new Map(state.claims).set(name, { ...known, lastMs: nowMs }))
  }
  const claims = new Map(state.claims)
  if (claims.size >= CLAIMS) for (const [key, { lastMs }] of claims) if (nowMs - lastMs > pauseMs) claims.delete(key)
  if (claims.size >= CLAIMS && !claims.has(name)) return progress
  claims.set(name, { firstMs: known?.firstMs ?? nowMs, lastMs: nowMs, answeredMs: nowMs })
  return withReport(withClaims(progress, claims), address, nowMs, { mark })
}

/** It has proved itself. */
export function withoutClaim(state: DiscoveryState, address: string, epoch: string): DiscoveryState {
  const claims = new Map(state.claims)
  return claims.delete(nameOf(address, epoch)) ? { ...state, claims } : state
}

/** Who goes on saying hello, although answered, without naming this node, and is not heard otherwise. */
export function deafDirectors({ claims, sessions, options }: DiscoveryState, nowMs: number): readonly string[] {
  const patienceMs = staleAfterMs(options)
  const lasting = [...claims].filter(
    ([, { firstMs, lastMs }]) => lastMs - firstMs >= patienceMs && nowMs - lastMs < patienceMs,
  )
  const addresses = new Set(lasting.map(([name]) => name.slice(0, name.indexOf(' '))))
  return [...addresses].filter(
    (address) => nowMs - (sessions.get(address)?.lastMs ?? Number.NEGATIVE_INFINITY) > patienceMs,
  )
}

const nameOf = (address: string, epoch: string) => `${address} ${epoch}`
const withClaims = ({ state, effects }: Progress, claims: DiscoveryState['claims']): Progress => ({
  state: { ...state, claims },
  effects,
})
