import { counted, TroubledTurn } from '../../runtime/actor-system/machine/turn.ts'
import type { FastPathEffect, FastPathState, FastPathTimer } from './state.ts'

/** One step of the fast path in the making. */
export class Turn extends TroubledTurn<FastPathTimer, FastPathState, FastPathEffect> {
  count(counter: string): void {
    this.state = counted(this.state, counter)
  }
}
