/** What clients must not see. Pure. */
import type { LaidFault, RoundSeen, Violation } from '../observations.ts'
import { isWrong, type Loss } from '../traffic/report.ts'
import { firstOf, influenceOf, lastingAt, meets, outagesOf } from './influence.ts'

/** No answer is another's, and no byte of a download another than it should be. */
export function answersAreRight({ losses, failures }: RoundSeen): readonly Violation[] {
  const wrong = [...losses, ...failures].filter(isWrong)
  return firstOf(
    wrong.map(({ client, node, failure, toldMs }) => ({
      invariant: 'content',
      expected: 'the answer to what was asked, by one node',
      seen: `${client} at ${node}: ${failure}`,
      atMs: toldMs,
    })),
  )
}

/** What is open lives on, but for what may end by a fault: in kernel mode at the node that it befalls. */
export function keptLive(round: RoundSeen): readonly Violation[] {
  const lost = round.losses.filter(
    (loss) => !isWrong(loss) && !round.faults.some((fault) => mayEnd(fault, loss, round)),
  )
  return firstOf(
    lost.map(({ kind, client, node, failure, aliveMs, toldMs }) => ({
      invariant: 'kept connections',
      expected: `the ${kind} of ${client} at ${node} goes on: ${lastingAt(round, toldMs)} may not end it`,
      seen: `${failure}, ${Math.round(toldMs - aliveMs)} ms after its last byte`,
      atMs: toldMs,
    })),
  )
}

function mayEnd(fault: LaidFault, { node, aliveMs, toldMs }: Loss, round: RoundSeen): boolean {
  if (!meets(influenceOf(fault, round), { fromMs: aliveMs, toMs: toldMs })) return false
  const { ends, movesVip } = fault.costs
  // In workers mode every connection ends at whoever has the virtual IP.
  const endsAll = ends === 'all' || (round.mode === 'workers' && (movesVip || (ends === 'node' && isDirector(fault))))
  return endsAll || (ends === 'node' && fault.host === node)
}

/** At rest the first node leads. */
const isDirector = ({ planned }: LaidFault): boolean => planned.node === 0

/** Whoever begins is answered, but for those whom a fault keeps out while it is not noticed. */
export function newAreAnswered(round: RoundSeen): readonly Violation[] {
  const failed = round.failures.filter(
    (failure) =>
      !isWrong(failure) &&
      !round.faults.some((fault) =>
        outagesOf(fault, round).some((outage) => meets(outage, { fromMs: failure.beganMs, toMs: failure.toldMs })),
      ),
  )
  return firstOf(
    failed.map(({ client, failure, beganMs, toldMs }) => ({
      invariant: 'new connections',
      expected: `a new connection of ${client} is answered: ${lastingAt(round, beganMs)} may not keep it out`,
      seen: `${failure} after ${Math.round(toldMs - beganMs)} ms`,
      atMs: beganMs,
    })),
  )
}
