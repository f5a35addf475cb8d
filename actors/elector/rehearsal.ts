import { stepElector } from './machine.ts'
import type { ElectorOptions } from './options.ts'
import { type ElectorEvent, initialElector } from './state.ts'

/**
 * Takes a machine that is thrown away through an election, from the start to the loss of the director's part. A pure machine
 * does nothing by it but have its code compiled, which costs milliseconds that a takeover between fast adverts has not got.
 */
export function rehearseElection(options: ElectorOptions): void {
  let state = initialElector({ ...options, holdOffMs: 0, settledAtMs: 0 })
  let nowMs = 0
  const feed = (event: ElectorEvent): void => {
    const step = stepElector(state, event, nowMs)
    state = step.state
    for (const effect of step.effects) {
      if (effect.type === 'drain') feed({ type: 'drained', number: effect.number, confirm: effect.confirm })
    }
  }
  feed({ type: 'start' })
  // Not of an owner, which is master by now and ignores it.
  feed({ type: 'timerExpired', timer: 'masterDown' })
  for (let advert = 1; advert <= REHEARSED_ADVERTS; advert++) {
    feed({ type: 'sent', confirm: advert, atMs: nowMs })
    feed({ type: 'held' })
    nowMs += options.advertIntervalCs * 10
    feed({ type: 'timerExpired', timer: 'advert' })
  }
  feed({ type: 'shutdown' })
}

const REHEARSED_ADVERTS = 3
