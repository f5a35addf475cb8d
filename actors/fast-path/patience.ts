import { giveUpResuming } from './staying/giving-way.ts'
import type { Turn } from './turn.ts'

/** A group that has a director, and beacons, has told its slots by then; and a node that has not answered is stale. */
const PATIENCE_MS = 5000

/** From when this actor runs, and from when it is known who leads: nobody says a slot before. */
export function startPatience(turn: Turn): void {
  if (turn.state.patient) turn.startTimer('patience', PATIENCE_MS)
}

/**
 * Where nobody is known who leads the election goes on, with adverts of five seconds for longer than the group gets: what a predecessor left
 * serves all until it is over, with this node as director if with nobody else.
 */
export function endPatience(turn: Turn): void {
  const isElecting = [...turn.state.roles.values()].some(
    ({ role, masterAddress }) => role === 'scanning' && masterAddress === null,
  )
  if (isElecting) {
    startPatience(turn)
    return
  }
  turn.change({ patient: false })
  giveUpResuming(turn)
}
