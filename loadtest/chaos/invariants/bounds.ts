/** What a gateway may use, and that it lives. Pure. */
import { sources } from '../../group/network.ts'
import type { RoundSeen, Violation } from '../observations.ts'
import { FRESH_EVERY_MS, FRESH_PATIENCE_MS, KEPT } from '../traffic/amounts.ts'
import { firstOf, influenceOf } from './influence.ts'

/** Each twice while they move: of now and of a moment ago. */
const SLOTS = 2 * 4096
/** Of clients with connections at several nodes each one is remembered, for a minute after its end. */
const CONNECTIONS = 60_000 / FRESH_EVERY_MS
const PINS_AND_NAMES = 500
/** Of a gateway that forwards nothing: sockets, folders and pipes of its threads. */
const OWN_FILES = 100
/**
 * In workers mode a connection has two. There are what clients keep, as many again that were cut off and are not given up yet, one
 * from each address when all are looked at, and those that wait for an answer.
 */
const FORWARDED_FILES = 2 * (2 * KEPT + sources.length + FRESH_PATIENCE_MS / FRESH_EVERY_MS)

/** Of a group of three, with a hundred clients, whatever befalls it. */
export const BOUNDS = {
  residentBytes: 600 * 1024 * 1024,
  files: OWN_FILES + FORWARDED_FILES,
  threads: 48,
  elements: SLOTS + CONNECTIONS + PINS_AND_NAMES,
} as const

/** Memory, descriptors, threads and what the kernel keeps for it stay below their bounds. */
export function boundsHold({ usages, elements, endedMs }: RoundSeen): readonly Violation[] {
  const used = usages.flatMap((usage) =>
    (['residentBytes', 'files', 'threads'] as const)
      .filter((figure) => usage[figure] > BOUNDS[figure])
      .map((figure) => ({
        invariant: 'bounds',
        expected: `at most ${BOUNDS[figure]} ${figure} of ${usage.host}`,
        seen: `${usage[figure]}`,
        atMs: usage.atMs,
      })),
  )
  const kept = elements
    .filter((one) => one.elements > BOUNDS.elements)
    .map((one) => ({
      invariant: 'bounds',
      expected: `at most ${BOUNDS.elements} elements of sets and maps on ${one.host}`,
      seen: `${one.elements}`,
      atMs: endedMs,
    }))
  return [...firstOf(used), ...kept]
}

/** No gateway ends by itself, but by a fault that may end it. */
export const gatewaysLive = (round: RoundSeen): readonly Violation[] =>
  round.exits
    .filter(
      ({ host, atMs }) =>
        !round.faults.some((fault) => {
          const { fromMs, toMs } = influenceOf(fault, round)
          return fault.costs.endsGateway && fault.host === host && fromMs <= atMs && atMs <= toMs
        }),
    )
    .map(({ host, code, atMs }) => ({
      invariant: 'gateways live',
      expected: `the gateway of ${host} goes on`,
      seen: `it ended with ${code}`,
      atMs,
    }))

/** The plan could be carried out, and the group came to rest after it. */
export function comesToRest({ obstacles, settledMs, endedMs }: RoundSeen): readonly Violation[] {
  const hindered = obstacles.map((seen) => ({
    invariant: 'the plan',
    expected: 'each fault is laid and healed, and the clients answer',
    seen,
    atMs: endedMs,
  }))
  const expected = 'the first node leads all, nobody else holds the virtual IP, and what clients keep is open'
  return settledMs === null
    ? [...hindered, { invariant: 'comes to rest', expected, seen: 'it does not come to that', atMs: endedMs }]
    : hindered
}
