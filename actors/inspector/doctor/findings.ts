/** What the doctor finds in a gateway. Pure: a rule is a function over what was observed, so that more are added easily. */
import { WARNINGS, type WarningLevel } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { ClientRoute } from '../../dispatcher/messages.ts'
import type { Diagnostics, Finding, GatewayStatus } from '../messages.ts'
import type { ToldWarning } from '../warnings.ts'

/** A running gateway, at one moment. */
export interface Observed {
  /** With all nodes that are known. */
  readonly status: GatewayStatus
  readonly warnings: readonly ToldWarning[]
  readonly diagnostics: Diagnostics
  /** Some thousands at most; none in kernel mode, where the diagnostics name those with most connections. */
  readonly clients: readonly ClientRoute[]
}

export type FindingRule = (observed: Observed) => readonly Finding[]

interface Particulars {
  /** See `Finding`; default: this node as a whole. */
  readonly about?: string
  /** Where it is known better than by when it was found first. */
  readonly since?: string | null
}

const makerOf =
  (level: WarningLevel) =>
  (
    code: string,
    text: string,
    evidence: readonly string[],
    advice: string | null,
    { about, since = null }: Particulars = {},
  ): Finding => ({ code, level, about: about ?? null, text, evidence, advice, since })

/** Clients are not served, or by whom is left to chance. */
export const failure = makerOf('failure')
/** Something to mend. */
export const problem = makerOf('warning')
/** Something to know. */
export const note = makerOf('note')

/** All that the rules find, the gravest first; each warning is in one of the findings. */
export function diagnose(observed: Observed, rules: readonly FindingRule[]): readonly Finding[] {
  const found = rules.flatMap((rule) => rule(observed))
  const explained = new Set(found.flatMap(({ evidence }) => evidence))
  const others = observed.warnings.filter(({ text }) => !explained.has(text)).map(findingOf)
  return gravestFirst([...found, ...others])
}

const LEVELS = ['failure', 'warning', 'note'] as const

/** In the order that they are told in. */
export const gravestFirst = (all: readonly Finding[]): readonly Finding[] =>
  LEVELS.flatMap((level) => all.filter((finding) => finding.level === level))

/** A warning that no rule has taken as its evidence. */
function findingOf({ code, about, text, advice }: ToldWarning): Finding {
  const { level } = WARNINGS[code]
  return { code, level, about, text, evidence: [text], advice, since: null }
}
