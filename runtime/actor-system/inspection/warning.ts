import { WARNINGS, type WarningCode } from './warning-codes.ts'

/** Something that is wrong now, as the actor says it that knows: one of `WARNINGS`. */
export interface Warning {
  /** Stable, for scripts and metrics. */
  readonly code: WarningCode
  /** The node, address, port, setting or program that it is about; null: this node as a whole. */
  readonly about: string | null
  /** A sentence for people, which may change from look to look (a count, a reason). */
  readonly text: string
  /** What to do; null: the text says it, or there is nothing to do. */
  readonly advice: string | null
}

/** `advice`: where it is another one than always. */
export const warning = (
  code: WarningCode,
  about: string | null,
  text: string,
  advice: string | null = WARNINGS[code].advice,
): Warning => ({ code, about, text, advice })

/** The sentences alone. */
export const textsOf = (warnings: readonly Warning[]): readonly string[] => warnings.map(({ text }) => text)
