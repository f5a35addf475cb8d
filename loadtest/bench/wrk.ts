import type { Load, Outcome } from './scenarios.ts'

/** The arguments of wrk for a load; it knows no fixed rate. */
export function wrkArguments(load: Load, url: string, seconds: number, threads: number): readonly string[] {
  return [
    `-t${threads}`,
    `-c${load.connections}`,
    `-d${seconds}s`,
    '--latency',
    '--timeout',
    '5s',
    ...(load.close ? ['-H', 'Connection: close'] : []),
    `${url}${load.path}`,
  ]
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }
const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** Reads the report that wrk prints; undefined where it is not one. */
export function parseWrk(text: string): Outcome | undefined {
  const requests = /^\s*(\d+) requests in /m.exec(text)
  const perSecond = /^Requests\/sec:\s+([\d.]+)/m.exec(text)
  const transfer = /^Transfer\/sec:\s+([\d.]+)([KMGT]?B)/m.exec(text)
  if (!requests || !perSecond || !transfer) return undefined
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)
  const errors = [...(socketErrors?.slice(1) ?? []), refused?.[1] ?? '0']
  return {
    requests: Number(requests[1]),
    requestsPerSecond: Number(perSecond[1]),
    bytesPerSecond: Number(transfer[1]) * (unitBytes[transfer[2] ?? ''] ?? 0),
    errors: errors.reduce((sum, count) => sum + Number(count), 0),
    p50Ms: percentileOf(text, 50),
    p99Ms: percentileOf(text, 99),
  }
}

function percentileOf(text: string, percent: number): number | null {
  const found = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(text)
  return found ? Number(found[1]) * (unitMs[found[2] ?? ''] ?? 0) : null
}
