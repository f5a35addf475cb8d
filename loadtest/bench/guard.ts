import type { ScenarioSummary, WaySummary } from './summary.ts'

/** A ratio of proxyha that once was reached, and how far below it a run may fall by chance. */
interface BaselineRatio {
  readonly ratio: number
  readonly tolerance: number
}

/** By the summary's key (`keep-alive/wrk`), then by what the ratio is to. */
export interface Baseline {
  readonly ratios: Readonly<Record<string, { readonly straight?: BaselineRatio; readonly haproxy?: BaselineRatio }>>
}

export interface Verdict {
  /** Whether nothing dropped, nothing failed, and at least one ratio was compared. */
  readonly ok: boolean
  /** One line for each ratio of the baseline, and for each error. */
  readonly lines: readonly string[]
}

/** Compares proxyha's ratios of this run with the baseline. A guard that compared nothing has not passed. */
export function judge(baseline: Baseline, summaries: readonly ScenarioSummary[]): Verdict {
  const lines: string[] = []
  let compared = 0
  let dropped = 0
  for (const [key, ratios] of Object.entries(baseline.ratios)) {
    const summary = summaries.find((candidate) => candidate.key === key)
    const proxyha = summary?.ways.find(({ way }) => way === 'proxyha')
    for (const to of ['straight', 'haproxy'] as const) {
      const expected = ratios[to]
      if (!expected) continue
      const measured = proxyha && ratioTo(proxyha, to)
      const name = `${key}: proxyha to ${to}`
      const bound = `baseline ${expected.ratio.toFixed(2)}, tolerance ${expected.tolerance.toFixed(2)}`
      if (measured === undefined || measured === null) {
        lines.push(`-- ${name} was not measured (${bound})`)
        continue
      }
      compared++
      const low = measured < expected.ratio - expected.tolerance
      if (low) dropped++
      lines.push(`${low ? '!!' : 'ok'} ${name} is ${measured.toFixed(2)} (${bound})`)
    }
  }
  const failures = summaries.flatMap(({ key, ways }) =>
    ways.filter(hasErrors).map(({ errors }) => `!! ${key}: ${errors} requests through proxyha failed`),
  )
  if (compared === 0) lines.push('!! no ratio of the baseline was measured')
  return { ok: dropped === 0 && compared > 0 && failures.length === 0, lines: [...lines, ...failures] }
}

/** The baseline that a run gives; `tolerance` is the part of each ratio by which runs of one machine differ. */
export function baselineOf(summaries: readonly ScenarioSummary[], tolerance: number): Baseline {
  const entries = summaries.filter(isRate).flatMap(({ key, ways }) => {
    const proxyha = ways.find(({ way }) => way === 'proxyha')
    if (!proxyha) return []
    const ratios = (['straight', 'haproxy'] as const).flatMap((to) => {
      const measured = ratioTo(proxyha, to)
      return measured === null
        ? []
        : [[to, { ratio: round(measured), tolerance: round(measured * tolerance) }] as const]
    })
    return ratios.length === 0 ? [] : [[key, Object.fromEntries(ratios)] as const]
  })
  return { ratios: Object.fromEntries(entries) }
}

function ratioTo(summary: WaySummary, to: 'straight' | 'haproxy'): number | null {
  return to === 'straight' ? summary.toStraight : summary.toHaproxy
}

/** A higher ratio is better, which of latencies is not true; and theirs move with every other load on the machine. */
function isRate({ scenario }: ScenarioSummary): boolean {
  return scenario.figure !== 'latency'
}

function round(ratio: number): number {
  return Number(ratio.toFixed(2))
}

function hasErrors({ way, errors }: WaySummary): boolean {
  return way === 'proxyha' && errors > 0
}
