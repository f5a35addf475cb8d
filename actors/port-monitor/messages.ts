import type { MonitorMessage } from '../discovery/messages.ts'
import type { TrackMessage } from '../elector/messages.ts'

export type PortMonitorMessage = never

/** Discovery, for the group; each elector, whose priority may depend on it. */
export type PortMonitorPeers = {
  readonly discovery: MonitorMessage
  readonly [elector: `elector${string}`]: TrackMessage
}

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
  readonly warnings: readonly string[]
}

export type PortMonitorControl = { describe(): PortMonitorStatus }
