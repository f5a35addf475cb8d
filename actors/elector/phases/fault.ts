import type { Advertisement } from '../../../runtime/wire/vrrp.ts'
import { masterDownMs } from '../intervals.ts'
import type { Fault } from '../state.ts'
import type { Turn } from '../turn.ts'

/** In FAULT nothing is answered and nobody is followed, but the rest of the node still wants to know who is director. */
export function hearInFault(turn: Turn, fault: Fault, source: string, advert: Advertisement): void {
  if (advert.priority === 0) {
    turn.enter({ ...fault, master: null })
    return
  }
  turn.startTimer('masterDown', masterDownMs(turn.options, advert.advertIntervalCs * 10))
  turn.enter({ ...fault, master: { address: source, priority: advert.priority } })
}

/** The master has fallen silent, or cannot be heard. */
export function forgetMaster(turn: Turn, fault: Fault): void {
  turn.enter({ ...fault, master: null })
}
