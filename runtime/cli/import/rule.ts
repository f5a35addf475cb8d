import { type Draft, type DraftInstance, durationText } from './draft.ts'
import type { Statement } from './statement.ts'

/** What becomes of a keyword of keepalived. */
export type Rule<Target> =
  /** It has an equivalent, `to`; what of the line has none `apply` lists. */
  | {
      readonly to: string
      /** Words that it heeds, the keyword among them; what stands behind them is listed. Undefined: it sees to that itself. */
      readonly words?: number
      apply(statement: Statement, target: Target, draft: Draft): void
    }
  /** Why it makes a difference or none, and what to do instead. */
  | { readonly reason: string; readonly instead?: string }

export type Rules<Target> = Readonly<Record<string, Rule<Target>>>

/** It is so anyway, or is not needed. */
export const needless = (reason: string) => ({ reason: `not needed: ${reason}` })
export const missing = (reason: string, instead?: string) =>
  instead === undefined ? { reason: `no equivalent: ${reason}` } : { reason: `no equivalent: ${reason}`, instead }

/** Goes through statements by the table; what is not in it is listed. */
export function applyRules<Target>(
  statements: readonly Statement[],
  rules: Rules<Target>,
  target: Target,
  draft: Draft,
): undefined {
  for (const statement of statements) {
    const keyword = statement.words[0] ?? ''
    const rule = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined
    if (rule === undefined)
      draft.differ(statement.place, 'not known to this import', 'see what it does, and whether it is needed')
    else if ('apply' in rule) {
      rule.apply(statement, target, draft)
      const rest = statement.words.slice(rule.words ?? Number.POSITIVE_INFINITY)
      if (rest.length > 0)
        draft.differ(
          statement.place,
          `"${rest.join(' ')}" is not understood`,
          'see what it does, and whether it is needed',
        )
    } else draft.differ(statement.place, rule.reason, rule.instead)
  }
}

/** A rule that sets one key of the whole file by the first word behind the keyword. */
export const sets = (path: readonly [string, ...string[]], read: (word: string) => unknown): Rule<unknown> => ({
  to: path.join('.'),
  words: 2,
  apply: ({ words, place }, _, draft) => draft.set(path, read(words[1] ?? ''), place),
})

/** A number, or the text as it is: the configuration then says what is wrong with it. */
export const numberOf = (word: string): unknown => (/^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word)

/** A duration of a number of seconds, or the text as it is. */
export const secondsOf = (word: string): unknown => {
  const seconds = numberOf(word)
  return typeof seconds === 'number' ? durationText(seconds) : seconds
}

export type InstanceRules = Rules<DraftInstance>
