import type { RulesetRange } from './ruleset-types.ts'

/** Every port of them. */
export const portsIn = (ranges: readonly RulesetRange[] = []): readonly number[] =>
  ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
