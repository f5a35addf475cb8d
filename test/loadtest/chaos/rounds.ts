/** Rounds as they are seen where all is well, to be changed by a test. */
import { type Costs, free } from '../../../loadtest/chaos/costs.ts'
import type { LaidFault, RoundSeen } from '../../../loadtest/chaos/observations.ts'

/** When the fault of a round is laid, and healed. */
export const [APPLIED_MS, HEALED_MS] = [10_000, 15_000]

const looks = Array.from({ length: 80 }, (_, index) => 9000 + index * 250)

/** A fault at node1 that costs nothing but what is said. */
export function laid(costs: Partial<Costs> = {}, changes: Partial<LaidFault> = {}, node = 1): LaidFault {
  return {
    planned: { name: 'a fault', node, afterMs: 0, lastsMs: HEALED_MS - APPLIED_MS, chance: 0 },
    host: `node${node}`,
    costs: { ...free, ...costs },
    naming: null,
    appliedMs: APPLIED_MS,
    healedMs: HEALED_MS,
    ...changes,
  }
}

/** At rest two seconds after the fault was healed, and clean at once. */
export function round(changes: Partial<RoundSeen> = {}): RoundSeen {
  return {
    mode: 'kernel',
    beganMs: 9000,
    settledMs: 17_000,
    cleanMs: 17_100,
    endedMs: 29_000,
    faults: [laid()],
    obstacles: [],
    complaints: [],
    holders: looks.map((atMs) => ({ atMs, hosts: ['node0'] })),
    adverts: looks.map((atMs) => ({ atMs: atMs + 100, host: 'node0', priority: 99 })),
    losses: [],
    failures: [],
    answered: 500,
    moves: [],
    verdicts: looks.flatMap((atMs) =>
      ['node0', 'node1', 'node2'].map((host) => ({ atMs, host, findings: [], role: 'scanning' })),
    ),
    usages: [{ atMs: 20_000, host: 'node0', pid: 7, residentBytes: 2e8, files: 90, threads: 20 }],
    elements: [{ host: 'node0', elements: 4300 }],
    whereabouts: [{ client: '10.40.1.1', told: 'node0', reason: 'slot', answered: 'node0' }],
    exits: [],
    timeline: [],
    ...changes,
  }
}
