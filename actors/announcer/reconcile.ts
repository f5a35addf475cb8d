import { admitAdded } from './configuring.ts'
import { mayCorrectNow } from './corrections.ts'
import { CONTESTED_CHECK_MS } from './holding/holding.ts'
import type { Turn } from './turn.ts'

/** Something changed on the interface: look at once, or once a second where something else keeps changing it. */
export function lookNow(turn: Turn): void {
  const { phase, timers } = turn.state
  // What was asked of the kernel a moment ago is answered within this turn of the shell.
  if (phase.label === 'TAKING') return
  if (mayCorrectNow(turn)) turn.perform({ type: 'readInterface' })
  else if (!timers.has('check')) turn.startTimer('check', CONTESTED_CHECK_MS)
}

/** The address is free: a director that had to do without it takes it now. */
export function vacate(turn: Turn, address: string): void {
  const occupied = new Map(turn.state.occupied)
  if (occupied.delete(address)) turn.change({ occupied })
  turn.resolved(`occupied:${address}`)
  const { phase } = turn.state
  if (phase.label !== 'HOLDING' || !phase.withheld.includes(address)) return
  turn.log('info', `${address} is free: adding it`)
  admitAdded(turn, phase, [address])
}
