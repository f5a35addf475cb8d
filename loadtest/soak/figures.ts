/** What is sampled of a gateway, and how fast it may grow. Pure. */
import type { Point } from '../statistics.ts'
import { isAbove, meansOf, type Slope, slopeOf } from './slope.ts'

/** A figure of a gateway. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** Per hour; a slope that is above it by more than chance explains fails the run. */
  readonly bound: number
}

export const figures = {
  resident: { name: 'resident memory', unit: 'MiB', bound: 12 },
  files: { name: 'open descriptors', unit: '', bound: 1 },
  threads: { name: 'threads', unit: '', bound: 0.5 },
  elements: { name: 'elements of nftables', unit: '', bound: 30 },
  delay: { name: 'delay of the event loop', unit: 'ms', bound: 2 },
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof figures

/** Of one process of a gateway: each start is a new one. */
export interface Sample {
  readonly host: string
  readonly figure: FigureName
  readonly atMs: number
  readonly value: number
}

/** How a figure of a gateway went. */
export interface Course {
  readonly host: string
  readonly figure: FigureName
  readonly samples: readonly Point[]
  /** Means of whole rounds of events, after those that warm it up. Hours, and the unit of the figure. */
  readonly means: readonly Point[]
  /** Per hour; null where there are too few rounds. */
  readonly slope: Slope | null
  readonly isTooSteep: boolean
}

const MS_PER_HOUR = 3_600_000

/** Of each host and figure. `warmUp`: rounds that do not count. */
export function coursesOf(samples: readonly Sample[], roundMs: number, warmUp: number): readonly Course[] {
  const beganMs = Math.min(...samples.map(({ atMs }) => atMs))
  return [...Map.groupBy(samples, ({ host, figure }) => `${host} ${figure}`).values()].map((own) => {
    const { host, figure } = own[0]!
    const points = own.map(({ atMs, value }) => ({ x: (atMs - beganMs) / MS_PER_HOUR, y: value }))
    const means = meansOf(points, roundMs / MS_PER_HOUR).slice(warmUp)
    const slope = slopeOf(means)
    return {
      host,
      figure,
      samples: points,
      means,
      slope,
      isTooSteep: slope !== null && isAbove(slope, figures[figure].bound),
    }
  })
}
