/** What was seen of the group and of its clients. Times are of CLOCK_MONOTONIC, ms, unless they say otherwise. */
import type { Finding, TimelineEntry } from '../../actors/inspector/messages.ts'
import type { Mode } from '../group/network.ts'
import type { Costs, Naming, PlannedFault } from './costs.ts'
import type { FreshFailure, Loss, Move } from './traffic/report.ts'
import type { ProcessUsage } from './usage.ts'
import type { AdvertSeen } from './witness.ts'

/** A fault as it was laid. */
export interface LaidFault {
  readonly planned: PlannedFault
  readonly host: string
  readonly costs: Costs
  readonly naming: Naming | null
  readonly appliedMs: number
  readonly healedMs: number
}

/** Whose kernels had the virtual IP on their interface. */
export interface HoldersSeen {
  readonly atMs: number
  readonly hosts: readonly string[]
}

/** Of one of our nodes. */
export interface OwnAdvert extends Omit<AdvertSeen, 'mac'> {
  readonly host: string
}

/** What the doctor of a node said; null: it did not answer. */
export interface VerdictSeen {
  readonly atMs: number
  readonly host: string
  readonly findings: readonly Pick<Finding, 'code' | 'level' | 'text'>[] | null
  /** Of its status; null: it did not answer. */
  readonly role: string | null
}

/** What the process of a gateway uses. */
export interface Usage extends ProcessUsage {
  readonly atMs: number
  readonly host: string
  readonly pid: number
}

/** Elements of all sets and maps of proxyha's tables on a host. */
export interface ElementsSeen {
  readonly host: string
  readonly elements: number
}

/** Where the director says that a client goes, and who answered it last. */
export interface Whereabouts {
  readonly client: string
  readonly told: string | null
  readonly reason: string
  readonly answered: string
}

/** A gateway that has ended without being told to. */
export interface Exit {
  readonly host: string
  readonly code: number | null
  readonly atMs: number
}

/** All that was seen of a round. */
export interface RoundSeen {
  readonly mode: Mode
  readonly beganMs: number
  /** When all faults were healed and the group was as it is at rest; null: it did not come to that. */
  readonly settledMs: number | null
  /** When no doctor had anything to be mended any more; null: that did not come. */
  readonly cleanMs: number | null
  readonly endedMs: number
  readonly faults: readonly LaidFault[]
  /** What could not be done of the plan. */
  readonly obstacles: readonly string[]
  /** Of `proxyha doctor`, at rest. */
  readonly complaints: readonly string[]
  readonly holders: readonly HoldersSeen[]
  readonly adverts: readonly OwnAdvert[]
  readonly losses: readonly Loss[]
  readonly failures: readonly FreshFailure[]
  /** New connections that were answered. */
  readonly answered: number
  readonly moves: readonly Move[]
  readonly verdicts: readonly VerdictSeen[]
  readonly usages: readonly Usage[]
  readonly elements: readonly ElementsSeen[]
  readonly whereabouts: readonly Whereabouts[]
  readonly exits: readonly Exit[]
  /** Of all nodes. */
  readonly timeline: readonly TimelineEntry[]
}

/** What should have been, and what was. */
export interface Violation {
  readonly invariant: string
  readonly expected: string
  readonly seen: string
  readonly atMs: number
}
