import type { VrrpStatus } from '../../elector/messages.ts'

/** Adverts of other virtual routers, and our own that came back, are discarded as they should be. */
const EXPECTED: ReadonlySet<string> = new Set(['vrid', 'ownLoop'])

/** `ttl 3`, `checksum 1`: adverts that were discarded and should not have been, by reason. */
export function discardedAdverts({ counters }: Pick<VrrpStatus, 'counters'>): readonly string[] {
  return Object.entries(counters).flatMap(([counter, count]) => {
    const reason = /^discarded\.(.*)$/.exec(counter)?.[1]
    return reason === undefined || EXPECTED.has(reason) || count === 0 ? [] : [`${reason} ${count}`]
  })
}
