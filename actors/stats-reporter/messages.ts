import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { LoadMessage, UpkeepMessage } from '../discovery/messages.ts'

export type StatsReporterMessage = UpkeepMessage

/** `describe()` of the stats reporter's control: the newest sample. */
export interface StatsReporterStatus {
  /** Null until two samples are there. */
  readonly load: LoadMessage['load'] | null
  /** PSI of memory, `some avg10`, 0..1; null without PSI. */
  readonly memoryPressure: number | null
  readonly warnings: readonly Warning[]
}

export type StatsReporterControl = { describe(): StatsReporterStatus }
