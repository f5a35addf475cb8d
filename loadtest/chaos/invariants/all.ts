/** Everything that must hold in a round of faults. Pure. */
import type { RoundSeen, Violation } from '../observations.ts'
import { boundsHold, comesToRest, gatewaysLive } from './bounds.ts'
import { doctorAnswers, doctorClears, doctorNames } from './doctor.ts'
import { advertsWithTheVip, oneHolder, vipStays } from './election.ts'
import { clientsStay, whichIsTrue } from './sticky.ts'
import { answersAreRight, keptLive, newAreAnswered } from './traffic.ts'

const INVARIANTS: readonly ((round: RoundSeen) => readonly Violation[])[] = [
  answersAreRight,
  keptLive,
  newAreAnswered,
  oneHolder,
  advertsWithTheVip,
  vipStays,
  clientsStay,
  whichIsTrue,
  doctorNames,
  doctorClears,
  doctorAnswers,
  boundsHold,
  gatewaysLive,
  comesToRest,
]

/** What was violated, in the order of time. */
export const violationsOf = (round: RoundSeen): readonly Violation[] =>
  INVARIANTS.flatMap((invariant) => invariant(round)).toSorted((one, other) => one.atMs - other.atMs)
