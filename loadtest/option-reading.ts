/** An option that the operator got wrong. */
export interface Mistake {
  readonly type: 'mistake'
  readonly reason: string
}

/** What a command line comes to. */
export type ParsedOptions<Options> =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'help' }
  | Mistake

/** What `interpret` makes of the command line, or why it cannot be read. */
export function readingOptions<Parsed>(interpret: () => Parsed): Parsed | Mistake {
  try {
    return interpret()
  } catch (cause) {
    // parseArgs throws on an option that it does not know: the operator's mistake, not a bug.
    return { type: 'mistake', reason: cause instanceof Error ? cause.message : String(cause) }
  }
}

/** Whether a number of rounds, seconds or minutes is a whole one from 1 to 1000. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1000
}
