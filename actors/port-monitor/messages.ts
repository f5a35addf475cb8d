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
  readonly warnings: readonly string[]
}

export type PortMonitorControl = { describe(): PortMonitorStatus }
