import type { ScenarioSummary, WaySummary } from './summary.ts'

/** Columns padded to their widest cell: the first to the left, the others, figures, to the right. */
export function layOut(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

/** A scenario as the lines of a table with a title. */
export function drawSummary(summary: ScenarioSummary): readonly string[] {
  const { scenario, generator, rounds, ways } = summary
  const latency = scenario.figure === 'latency'
  const header = latency
    ? ['way', 'p50 ms', 'p99 ms', 'added p50', 'added p99', 'CPU s/10,000', 'errors']
    : [
        'way',
        scenario.figure === 'bytes' ? 'GB/s' : 'per second',
        'to straight',
        'to haproxy',
        'CPU s/10,000',
        'errors',
      ]
  const rows = ways.map((way) => (latency ? latencyRow(way) : rateRow(way, scenario.figure === 'bytes')))
  const title = `${scenario.name}: ${scenario.title} (${generator}, median of ${rounds})`
  return [title, ...layOut([header, ...rows]).map((line) => `  ${line}`)]
}

function rateRow(summary: WaySummary, bytes: boolean): readonly string[] {
  return [
    summary.way,
    bytes ? (summary.figure / 1e9).toFixed(2) : Math.round(summary.figure).toLocaleString('en'),
    fixed(summary.toStraight, 2),
    fixed(summary.toHaproxy, 2),
    fixed(summary.cpuSecondsPer10k, 3),
    `${summary.errors}`,
  ]
}

function latencyRow(summary: WaySummary): readonly string[] {
  const { p50Ms, p99Ms, addedP50Ms, addedP99Ms, cpuSecondsPer10k, errors } = summary
  return [
    summary.way,
    fixed(p50Ms, 3),
    fixed(p99Ms, 3),
    fixed(addedP50Ms, 3),
    fixed(addedP99Ms, 3),
    fixed(cpuSecondsPer10k, 3),
    `${errors}`,
  ]
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits)
}
