/** Who may hold the virtual IP, and who may say so. Pure. */
import type { RoundSeen, Violation } from '../observations.ts'
import { firstOf, influenceOf, lastingAt } from './influence.ts'

/** Two may hold it while one gives way to the other, and while looks at several kernels take their time. */
const GIVING_WAY_MS = 1500
/** Adverts that are further apart than this are not one after the other: three are lost then. */
const APART_MS = 1800
/** Half the interval of the adverts. What follows sooner is an answer to another's advert: both are of one moment. */
const TOGETHER_MS = 250

/** On each part of the subnet whose nodes hear each other one node holds the virtual IP at most. */
export function oneHolder(round: RoundSeen): readonly Violation[] {
  const violations: Violation[] = []
  let sinceMs: number | undefined
  for (const { atMs, hosts } of round.holders) {
    const together = hostsTogether(round, atMs, hosts)
    if (together.length <= 1) {
      sinceMs = undefined
      continue
    }
    sinceMs ??= atMs
    if (atMs - sinceMs < GIVING_WAY_MS) continue
    violations.push({
      invariant: 'one holder',
      expected: `one holder of the virtual IP, as ${lastingAt(round, atMs)} does not divide them`,
      seen: `${together.join(' and ')} for ${Math.round(atMs - sinceMs)} ms`,
      atMs: sinceMs,
    })
    // It goes on as the next one, after as long.
    sinceMs = undefined
  }
  return firstOf(violations)
}

/** Of the holders those that hear each other; none where faults divide the group anyhow. */
function hostsTogether(round: RoundSeen, atMs: number, hosts: readonly string[]): readonly string[] {
  const dividing = round.faults.filter((fault) => {
    const { fromMs, toMs } = influenceOf(fault, round)
    return fault.costs.divides !== 'nothing' && fromMs <= atMs && atMs <= toMs
  })
  if (dividing.some(({ costs }) => costs.divides === 'group')) return []
  return hosts.filter((host) => dividing.every((fault) => fault.host !== host))
}

/**
 * Whoever goes on saying by adverts that it leads has the virtual IP. One advert says little: who takes over and gives way within a hundredth of
 * a second had it between two looks.
 */
export function advertsWithTheVip({ adverts, holders }: RoundSeen): readonly Violation[] {
  const hosts = [...new Set(adverts.map(({ host }) => host))]
  return hosts.flatMap((host) => {
    const own = adverts.filter((advert) => advert.host === host)
    const repeated = own.slice(1).filter(({ priority, atMs }, index) => {
      const before = own[index]!
      const between = holders.filter((look) => look.atMs > before.atMs && look.atMs < atMs)
      const afterMs = atMs - before.atMs
      const goesOn = priority > 0 && before.priority > 0 && afterMs >= TOGETHER_MS && afterMs <= APART_MS
      return goesOn && between.length > 0 && between.every((look) => !look.hosts.includes(host))
    })
    return firstOf(
      repeated.map(({ priority, atMs }) => ({
        invariant: 'adverts',
        expected: `adverts of ${host} only while its kernel has the virtual IP`,
        seen: `two of priority ${priority}, one after the other, without it`,
        atMs,
      })),
    )
  })
}

/** The virtual IP goes to another node only where a fault may move it. */
export function vipStays(round: RoundSeen): readonly Violation[] {
  const violations: Violation[] = []
  let holder: string | undefined
  for (const { atMs, hosts } of round.holders) {
    const [only] = hosts
    if (hosts.length !== 1 || only === undefined) continue
    const mayMove = round.faults.some(({ appliedMs, costs }) => costs.movesVip && appliedMs <= atMs)
    if (holder !== undefined && only !== holder && !mayMove)
      violations.push({
        invariant: 'the virtual IP stays',
        expected: `${holder} keeps it: ${lastingAt(round, atMs)} may not move it`,
        seen: `${only} has it`,
        atMs,
      })
    holder = only
  }
  return firstOf(violations)
}
