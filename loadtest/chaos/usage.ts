/** What a process of the host uses. */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessUsage {
  readonly residentBytes: number
  /** Open descriptors. */
  readonly files: number
  readonly threads: number
}

/** @throws Error where it has ended */
export function usageOfProcess(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const figure = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    residentBytes: figure('VmRSS') * 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: figure('Threads'),
  }
}

/** Elements of all sets and maps in what `nft -j list ruleset` says. Pure. */
export function countElements(ruleset: string): number {
  const { nftables = [] } = JSON.parse(ruleset) as {
    nftables?: readonly Readonly<Record<string, { readonly elem?: readonly unknown[] }>>[]
  }
  return nftables.reduce((sum, item) => sum + (item.set?.elem?.length ?? 0) + (item.map?.elem?.length ?? 0), 0)
}
