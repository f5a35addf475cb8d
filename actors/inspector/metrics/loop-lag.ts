import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** How often the event loop is looked at, whoever scrapes: each look wakes the thread. */
const LOOK_EVERY_MS = 1000

type Looks = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'min' | 'max' | 'mean' | 'stddev' | 'count' | 'percentile' | 'reset'
>

function lookEverySecond(): Looks {
  const looks = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  looks.enable()
  return looks
}

const late = (betweenLooksNs: number): number => Math.max(0, betweenLooksNs / 1e9 - LOOK_EVERY_MS / 1000)

/** By the end of the name: what it is of the looks since the last scrape, in seconds. */
const FIGURES: Readonly<Record<string, readonly [help: string, of: (looks: Looks) => number]>> = {
  min: ['The least', ({ min }) => late(min)],
  max: ['The most', ({ max }) => late(max)],
  mean: ['The mean', ({ mean }) => late(mean)],
  stddev: ['The standard deviation of the times', ({ stddev }) => stddev / 1e9],
  p50: ['The 50th percentile', (looks) => late(looks.percentile(50))],
  p90: ['The 90th percentile', (looks) => late(looks.percentile(90))],
  p99: ['The 99th percentile', (looks) => late(looks.percentile(99))],
}

/**
 * How late the inspector's event loop is, by the names of prom-client, which tells the time between two looks instead: a second, when
 * it looks once a second.
 */
export function collectLoopLag(registry: Registry, looks: Looks = lookEverySecond()): void {
  const names = Object.keys(FIGURES)
  for (const [name, [help, of]] of Object.entries(FIGURES)) {
    const full = `nodejs_eventloop_lag_${name}_seconds`
    registry.removeSingleMetric(full)
    const gauge: Gauge = new Gauge({
      name: full,
      help: `${help} by which the event loop of the inspector was late since the last scrape`,
      registers: [registry],
      collect() {
        gauge.set(looks.count === 0 ? 0 : of(looks))
        if (name === names.at(-1)) looks.reset()
      },
    })
  }
}

/** For prom-client's own looks, of which nothing is told: once an hour. */
export const SELDOM_MS = 3_600_000
