import { layOut } from '../output.ts'
import type { ScenarioSummary, WaySummary } from './summary.ts'

/** Ratios are of the figure (rates, or the p50), and of the CPU time. */
const ratioColumns = ['to straight', 'to haproxy', 'CPU s/10,000', 'CPU to haproxy', 'errors'] as const

/** A scenario as the lines of a table with a title. */
export function drawSummary(summary: ScenarioSummary): readonly string[] {
  const { scenario, generator, rounds, ways } = summary
  const latency = scenario.figure === 'latency'
  const columns = latency
    ? ['p50 ms', 'p99 ms', 'added p50', 'added p99']
    : [scenario.figure === 'bytes' ? 'GB/s' : 'per second']
  const header = ['way', ...columns, ...ratioColumns]
  const rows = ways.map((way) => (latency ? latencyRow(way) : rateRow(way, scenario.figure === 'bytes')))
  const title = `${scenario.name}: ${scenario.title} (${generator}, median of ${rounds})`
  return [title, ...layOut([header, ...rows]).map((line) => `  ${line}`)]
}

function rateRow(summary: WaySummary, bytes: boolean): readonly string[] {
  const figure = bytes ? (summary.figure / 1e9).toFixed(2) : Math.round(summary.figure).toLocaleString('en')
  return [summary.way, figure, ...ratioCells(summary)]
}

function latencyRow(summary: WaySummary): readonly string[] {
  const { p50Ms, p99Ms, addedP50Ms, addedP99Ms } = summary
  return [summary.way, ...[p50Ms, p99Ms, addedP50Ms, addedP99Ms].map((ms) => fixed(ms, 3)), ...ratioCells(summary)]
}

function ratioCells({ toStraight, toHaproxy, cpuSecondsPer10k, cpuToHaproxy, errors }: WaySummary): readonly string[] {
  return [fixed(toStraight, 2), fixed(toHaproxy, 2), fixed(cpuSecondsPer10k, 3), fixed(cpuToHaproxy, 2), `${errors}`]
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits)
}
