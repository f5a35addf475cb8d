/** How many results in a row it takes until one that contradicts what is believed is believed. */
export interface DampingRules {
  /** Failures until a check that succeeded counts as failed, at least 1. */
  readonly fall: number
  /** Successes until one that failed counts as well again, at least 1. */
  readonly rise: number
}

/** What is believed of a check. */
export interface Damped {
  /** What is wrong, for people; null: nothing. */
  readonly problem: string | null
  /** Results in a row that say otherwise. */
  readonly against: number
}

/** After another result: `found` is what is wrong, null where nothing is. The first result of all counts at once. */
export function damped(before: Damped | undefined, found: string | null, { fall, rise }: DampingRules): Damped {
  if (before === undefined) return { problem: found, against: 0 }
  // It goes on to fail, perhaps for another reason, or goes on to succeed.
  if ((before.problem === null) === (found === null)) return { problem: found, against: 0 }
  const against = before.against + 1
  return against >= (found === null ? rise : fall) ? { problem: found, against: 0 } : { ...before, against }
}
