/** What the doctors of the nodes must say. Pure. */
import type { LaidFault, RoundSeen, VerdictSeen, Violation } from '../observations.ts'
import { influenceOf, meets } from './influence.ts'

/** Looks at the doctors are a second apart, and take their time. */
const LOOK_MS = 2500

/** A fault that lasts is named by one of its codes, by somebody who can see it. */
export function doctorNames(round: RoundSeen): readonly Violation[] {
  return round.faults.flatMap((fault) => {
    const { naming, planned, host, appliedMs, healedMs } = fault
    if (naming === null || healedMs - appliedMs < naming.withinMs || isHidden(fault, round)) return []
    const asked = round.verdicts.filter(
      (verdict) => mayName(fault, verdict) && appliedMs <= verdict.atMs && verdict.atMs <= healedMs + LOOK_MS,
    )
    const codes = new Set(asked.flatMap(({ findings }) => findings?.map(({ code }) => code) ?? []))
    if (naming.codes.some((code) => codes.has(code))) return []
    return {
      invariant: 'the doctor names it',
      expected: `${naming.codes.join(' or ')} within ${naming.withinMs} ms of ${planned.name} at ${host}, by ${naming.by}`,
      seen: [...codes].join(', ') || 'nothing',
      atMs: appliedMs,
    }
  })
}

function mayName({ naming, host }: LaidFault, verdict: VerdictSeen): boolean {
  switch (naming?.by) {
    case 'itself':
      return verdict.host === host
    case 'another':
      return verdict.host !== host
    default:
      return true
  }
}

/** Beside another fault it may be that nobody can see it: who would is gone itself. */
const isHidden = (fault: LaidFault, round: RoundSeen): boolean =>
  round.faults.some((other) => other !== fault && meets(influenceOf(other, round), influenceOf(fault, round)))

/** Some time after all is healed no doctor has anything to be mended. */
export function doctorClears({ cleanMs, settledMs, verdicts, complaints, endedMs }: RoundSeen): readonly Violation[] {
  if (complaints.length > 0)
    return complaints.map((seen) => ({
      invariant: 'the doctor is content',
      expected: 'proxyha doctor ends with 0',
      seen,
      atMs: endedMs,
    }))
  if (cleanMs !== null || settledMs === null) return []
  const hosts = [...new Set(verdicts.map(({ host }) => host))]
  const said = hosts.flatMap((host) => {
    const last = verdicts.findLast((verdict) => verdict.host === host)
    if (last === undefined) return []
    if (last.findings === null) return [`${host} does not answer`]
    return last.findings.filter(({ level }) => level !== 'note').map(({ code, text }) => `${host}: ${code}: ${text}`)
  })
  return [
    {
      invariant: 'the doctor is content',
      expected: `nothing to be mended ${Math.round((endedMs - settledMs) / 1000)} s after the group has settled`,
      seen: said.join('; '),
      atMs: endedMs,
    },
  ]
}

/** A gateway that nothing has befallen answers: so many looks in a row are not without one. */
const SILENT_LOOKS = 4

export function doctorAnswers(round: RoundSeen): readonly Violation[] {
  const hosts = [...new Set(round.verdicts.map(({ host }) => host))]
  return hosts.flatMap((host) => {
    let silent = 0
    for (const { findings, atMs } of round.verdicts.filter((verdict) => verdict.host === host)) {
      const isBefallen = round.faults.some((fault) => {
        const { fromMs, toMs } = influenceOf(fault, round)
        return (fault.host === host || fault.costs.ends === 'all') && fromMs <= atMs && atMs <= toMs
      })
      silent = findings === null && !isBefallen ? silent + 1 : 0
      if (silent < SILENT_LOOKS) continue
      const expected = `the doctor of ${host} answers`
      return [{ invariant: 'the doctor answers', expected, seen: `${silent} times nothing`, atMs }]
    }
    return []
  })
}
