/** Whether the hot path is as fast as it was. Pure. */
import type { Measurement } from '../bench/scenarios.ts'
import { median } from '../statistics.ts'

/** What is held against HAProxy in the same round; more is better. */
export interface Ratios {
  /** Requests per second in workers mode. */
  readonly workers: number
  /** Requests per CPU second in workers mode: the client takes most of the machine, and hides what the forwarders lose. */
  readonly workersCpu: number
  /** Requests per second in kernel mode. */
  readonly kernel: number
}

/** What a run may lose of a recorded ratio. */
const FLOOR = 0.85
/** A machine that is busy with something else has bad luck; three times in a row it has another reason. */
export const TRIES = 3

/** Medians over the rounds. @throws Error where a round lacks one of the ways, or a request failed */
export function ratiosOf(measurements: readonly Measurement[]): Ratios {
  const failed = measurements.find(({ errors }) => errors > 0)
  if (failed !== undefined) throw new Error(`${failed.errors} requests by ${failed.way} failed`)
  const rounds = [...Map.groupBy(measurements, ({ round }) => round).values()].map((round) => {
    const [workers, kernel, haproxy] = (['proxyha', 'kernel', 'haproxy'] as const).map((name) =>
      round.find(({ way }) => way === name),
    )
    if (workers === undefined || kernel === undefined || haproxy === undefined)
      throw new Error('the guard needs nft and haproxy: install them')
    return {
      workers: workers.requestsPerSecond / haproxy.requestsPerSecond,
      workersCpu: (haproxy.cpuSecondsPer10k ?? Number.NaN) / (workers.cpuSecondsPer10k ?? Number.NaN),
      kernel: kernel.requestsPerSecond / haproxy.requestsPerSecond,
    }
  })
  const of = (name: keyof Ratios): number => median(rounds.map((round) => round[name])) ?? Number.NaN
  return { workers: of('workers'), workersCpu: of('workersCpu'), kernel: of('kernel') }
}

/** A line for each ratio, and which are below the floor of what was recorded. One that is no number is. */
export function judge(
  recorded: Ratios,
  measured: Ratios,
): { readonly lines: readonly string[]; readonly low: readonly string[] } {
  const names = Object.keys(recorded) as (keyof Ratios)[]
  const low = names.filter((name) => !(measured[name] >= FLOOR * recorded[name]))
  const lines = names.map((name) => {
    const [is, was] = [measured, recorded].map((ratios) => ratios[name].toFixed(2))
    return `${low.includes(name) ? '!!' : 'ok'} ${name} to HAProxy ${is}, recorded ${was}, floor ${(FLOOR * recorded[name]).toFixed(2)}`
  })
  return { lines, low }
}
