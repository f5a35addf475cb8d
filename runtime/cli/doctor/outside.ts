import type { Diagnostics, Finding, GatewayStatus } from '../../../actors/inspector/messages.ts'
import type { HostView } from '../../ports/host/host-view.ts'

/** A gateway and its host, as they are seen from outside the gateway. */
export interface Outside {
  /** With all nodes that are known. */
  readonly status: GatewayStatus
  readonly diagnostics: Diagnostics
  readonly host: HostView
}

export type OutsideRule = (outside: Outside) => readonly Finding[]
