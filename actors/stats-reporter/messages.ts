import type { LoadMessage } from '../discovery/messages.ts'

export type StatsReporterMessage = never

export type StatsReporterPeers = { readonly discovery: LoadMessage }

/** `describe()` of the stats reporter's control: the newest sample. */
export interface StatsReporterStatus {
  readonly load: LoadMessage['load'] | null
  readonly warnings: readonly string[]
}

export type StatsReporterControl = { describe(): StatsReporterStatus }
