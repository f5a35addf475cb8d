import { isDeepStrictEqual } from 'node:util'
import { isForeign } from './foreign.ts'
import { announceAnew } from './holding/announcing.ts'
import { put } from './holding/holding.ts'
import { awaitFastPath, continueAwaiting } from './holding/readiness.ts'
import { withheldNow } from './occupied.ts'
import type { AnnouncerSettings, Holding, Phase, VirtualAddress } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * An address that was configured while the others are held is asked for first, which the watcher takes three seconds for: at a takeover it is
 * known long before whether somebody else has it. A watcher that does not say so is waited for no longer.
 */
export const ADDED_PATIENCE_MS = 8000

/** Other settings while it goes on as it was: holding for the same lease, or not. */
export function configure(turn: Turn, wanted: AnnouncerSettings): void {
  const { options } = turn.state
  const gone = options.virtualIps.filter((each) => !wanted.virtualIps.some((other) => isDeepStrictEqual(each, other)))
  const added = wanted.virtualIps.filter(({ address }) => !has(options, address))
  const isOtherwise = gone.some(({ address }) => has(wanted, address))
  if (gone.length > 0) leave(turn, gone)
  turn.change({ options: wanted })
  if (gone.length > 0) forget(turn, gone)
  const { phase } = turn.state
  // With another prefix it is there again at once.
  if (isOtherwise && phase.label === 'HOLDING') put(turn, phase)
  if (added.length > 0) admitLater(turn, added)
  announceWhereDue(turn, options)
}

const has = ({ virtualIps }: AnnouncerSettings, address: string): boolean =>
  virtualIps.some((virtualIp) => virtualIp.address === address)

function announceWhereDue(turn: Turn, before: AnnouncerSettings): void {
  continueAwaiting(turn)
  const { phase, options } = turn.state
  // A refresh that was not asked for before would otherwise begin at the next takeover only.
  if (phase.label === 'HOLDING' && !isDeepStrictEqual(before.garp, options.garp)) announceAnew(turn, phase)
}

/** They go at once, whatever becomes of the others: what came by them was reset by who forwards. */
function leave(turn: Turn, gone: readonly VirtualAddress[]): void {
  const { phase } = turn.state
  if (phase.label === 'IDLE' || phase.device === null) return
  const held = gone.filter((each) => !isForeign(turn.state, each) && !phase.withheld.includes(each.address))
  if (held.length === 0) return
  turn.perform({ type: 'removeAddresses', interfaceIndex: phase.device.index, addresses: held })
  turn.logInstance('info', `removing ${textOf(held)}: it is not configured so any more`)
}

/** What is remembered of them. */
function forget(turn: Turn, gone: readonly VirtualAddress[]): void {
  const { options, phase } = turn.state
  const isOurs = (address: string) => has(options, address)
  for (const { address, prefixLength } of gone) {
    turn.resolved(`foreign:${address}/${prefixLength}`)
    if (!isOurs(address)) turn.resolved(`occupied:${address}`)
  }
  turn.change({ occupied: new Map([...turn.state.occupied].filter(([address]) => isOurs(address))) })
  if (phase.label !== 'IDLE') turn.enter(withheldOnly(phase, phase.withheld.filter(isOurs)))
}

/** Somebody else may have them: an administrator, for ever, on this interface, or another host. */
function admitLater(turn: Turn, added: readonly VirtualAddress[]): void {
  // As at the start: what is there for ever then is not ours.
  turn.change({ foreign: null })
  const { phase } = turn.state
  if (phase.label === 'HOLDING') {
    const addresses = added.map(({ address }) => address)
    turn.enter(withheldOnly(phase, [...new Set([...phase.withheld, ...addresses])]))
    turn.startTimer('added', ADDED_PATIENCE_MS)
  }
  if (phase.label !== 'TAKING') turn.perform({ type: 'readInterface' })
}

const withheldOnly = <Some extends Exclude<Phase, { readonly label: 'IDLE' }>>(
  phase: Some,
  withheld: readonly string[],
): Some => ({ ...phase, withheld })

/**
 * Nobody else has answered for one of them, or for any: now they are held as the others are. Clients are called when the fast path has rules
 * for them.
 */
export function admitAdded(turn: Turn, phase: Holding, admitted: readonly string[]): void {
  const holding: Holding = { ...phase, withheld: phase.withheld.filter((address) => !admitted.includes(address)) }
  turn.enter(holding)
  if (admitted.length === 0) return
  put(turn, holding)
  // One that waits already announces them with the others.
  if (holding.awaits !== null) return
  if (turn.options.forwardedBy === 'fast-path') {
    turn.cancelTimer('garp')
    awaitFastPath(turn, { ...holding, schedule: [] }, 'rules')
  } else announceAnew(turn, holding)
}

/** The watcher has not said of all of them who has them. */
export function giveUpAsking(turn: Turn, phase: Holding): void {
  const withheld = withheldNow(turn)
  admitAdded(
    turn,
    phase,
    phase.withheld.filter((address) => !withheld.includes(address)),
  )
}

const textOf = (addresses: readonly VirtualAddress[]): string => addresses.map(({ address }) => address).join(', ')
