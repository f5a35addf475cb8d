import type { Histogram } from '../../runtime/actor-system/inspection/histogram.ts'
import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'

export type PortMonitorMessage = never

export interface PortState {
  readonly port: number
  readonly listening: boolean
  /** What is wrong, for people; null when nothing is. */
  readonly problem: string | null
}

/** `describe()` of the port monitor's control. */
export interface PortMonitorStatus {
  readonly state: 'ok' | 'failure'
  readonly ports: readonly PortState[]
  /** How long the checks of the proxies took, by port, ms; of one that did not answer, until it was given up. */
  readonly checks: readonly { readonly port: number; readonly took: Histogram }[]
  readonly warnings: readonly Warning[]
}

export type PortMonitorControl = { describe(): PortMonitorStatus }
