import { describe, expect, test } from 'vitest'
import { stepAnnouncer } from '../../../actors/announcer/machine.ts'
import type { AnnouncerEffect, AnnouncerEvent } from '../../../actors/announcer/state.ts'
import { stepElector } from '../../../actors/elector/machine.ts'
import type { ElectorEffect, ElectorEvent, ElectorState } from '../../../actors/elector/state.ts'
import { type Machines, REAL_MACHINES } from './machines.ts'
import { priorityOf } from './packets.ts'
import { runElection } from './run.ts'
import { ElectionViolation, type Invariant } from './witness.ts'

/** Within so many seeds each mistake must have been found. */
const SEEDS = 40
const DAY_MS = 86_400_000

/** Elector or announcer with one mistake each: what it does wrong, and which invariant tells. */
interface Mistake {
  readonly rule: string
  readonly found: Invariant
  readonly machines: Machines
}

const elector = (step: typeof stepElector): Machines => ({ ...REAL_MACHINES, elector: step })
const announcer = (step: typeof stepAnnouncer): Machines => ({ ...REAL_MACHINES, announcer: step })

/** An elector that some events do not reach. */
const electorDeafTo = (deaf: (event: ElectorEvent, state: ElectorState) => boolean): Machines =>
  elector((state, event, nowMs) => (deaf(event, state) ? { state, effects: [] } : stepElector(state, event, nowMs)))

const announcerWithout = (lost: AnnouncerEffect['type']): Machines =>
  announcer((state, event, nowMs) => {
    const step = stepAnnouncer(state, event, nowMs)
    return { ...step, effects: step.effects.filter(({ type }) => type !== lost) }
  })

const isLosing = (event: ElectorEvent, { phase, options }: ElectorState): boolean =>
  phase.label === 'MASTER' && event.type === 'packet' && priorityOf(event.packet) >= options.priority

const isToWire = (effect: ElectorEffect): boolean => effect.type === 'send' && effect.to === 'raw-ip'

const forGood = (effect: AnnouncerEffect): AnnouncerEffect =>
  effect.type === 'putAddresses' ? { ...effect, validLifetimeS: DAY_MS } : effect

const endless = (event: AnnouncerEvent): AnnouncerEvent =>
  event.type === 'hold' || event.type === 'renew' ? { ...event, leaseUntilMs: event.leaseUntilMs + DAY_MS } : event

const mistakes: readonly Mistake[] = [
  {
    rule: 'an announcer that holds on longer than its lease',
    found: 'lease',
    machines: announcer((state, event, nowMs) => stepAnnouncer(state, endless(event), nowMs)),
  },
  {
    rule: 'an announcer that leaves the address behind when it is told to release it',
    found: 'truth',
    machines: announcerWithout('removeAddresses'),
  },
  {
    rule: 'an announcer that sends no gratuitous ARP (rule 18)',
    found: 'clientArp',
    machines: announcerWithout('sendGratuitousArp'),
  },
  {
    rule: 'an elector that does not drain before it acts',
    found: 'trust',
    machines: elector((state, event, nowMs) => {
      const first = stepElector(state, event, nowMs)
      const drain = first.effects.find((effect) => effect.type === 'drain')
      if (drain?.type !== 'drain') return first
      const then = stepElector(first.state, { type: 'drained', number: drain.number }, nowMs)
      return { state: then.state, effects: [...first.effects.filter((effect) => effect !== drain), ...then.effects] }
    }),
  },
  {
    rule: 'a backup that does not take over from a silent master (rule 13)',
    found: 'someDirector',
    machines: electorDeafTo((event) => event.type === 'drained'),
  },
  {
    rule: 'a master that does not give way to a higher one (rule 16)',
    found: 'oneDirector',
    machines: electorDeafTo(isLosing),
  },
  {
    rule: 'a backup that has forgotten to preempt (rule 11)',
    found: 'highestLeads',
    machines: elector((state, event, nowMs) => {
      const { options } = state
      const step = stepElector({ ...state, options: { ...options, preempt: false } }, event, nowMs)
      return { ...step, state: { ...step.state, options } }
    }),
  },
  {
    rule: 'a loser of a healed split that says nothing',
    found: 'clientArp',
    machines: elector((state, event, nowMs) => {
      const step = stepElector(state, event, nowMs)
      return event.type === 'released' ? { ...step, effects: step.effects.filter((effect) => !isToWire(effect)) } : step
    }),
  },
  {
    rule: 'an announcer that gives the kernel the address for good',
    found: 'lease',
    machines: announcer((state, event, nowMs) => {
      const step = stepAnnouncer(state, event, nowMs)
      return { ...step, effects: step.effects.map(forGood) }
    }),
  },
]

/** The first violation that the seeds find, as `invariant`; undefined where they find none. */
function findViolation(machines: Machines): Invariant | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      runElection({ seed, advertIntervalMs: 40_000, lastsMs: DAY_MS, machines })
    } catch (error) {
      if (error instanceof ElectionViolation) return error.invariant
      throw error
    }
  }
  return undefined
}

describe('the simulation finds', () => {
  test.each(mistakes)('$rule', ({ found, machines }) => {
    expect(findViolation(machines)).toBe(found)
  })
})
