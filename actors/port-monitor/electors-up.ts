import type { ElectorName } from '../elector/messages.ts'

export interface ElectorChange {
  readonly type: 'electorUp' | 'electorDown'
  readonly elector: ElectorName
}

/** Electors that are up, each once, after one of them came up or went down. */
export function electorsAfter(up: readonly ElectorName[], { type, elector }: ElectorChange): readonly ElectorName[] {
  const others = up.filter((other) => other !== elector)
  return type === 'electorUp' ? [...others, elector] : others
}
