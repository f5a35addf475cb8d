import type { NotifyEvent } from '../../config/gateway-config.ts'
import type { Warning } from '../../runtime/actor-system/inspection/warning.ts'

/** From an elector, at every change, and whenever one of both (re)starts: what its virtual router is now. */
export interface InstanceStateMessage {
  readonly type: 'instanceState'
  readonly instance: string
  readonly state: 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT'
  /** The effective one. */
  readonly priority: number
  /** Why, for people, where there is more to say than the state. */
  readonly reason: string | null
}

/** From discovery, of the node that assigns, so that a group tells it once. */
export interface NodeChangedMessage {
  readonly type: 'nodeChanged'
  readonly event: 'nodeFailed' | 'nodeReturned' | 'drained'
  readonly name: string
  /** Management IP. */
  readonly address: string
  /** Of the first instance, as it is configured there; 0: not known. */
  readonly priority: number
  readonly reason: string
}

export type NotifierMessage = InstanceStateMessage | NodeChangedMessage

/** What a program reads on stdin, and a URL is sent, as JSON. */
export interface Notice {
  readonly event: NotifyEvent
  /** ISO 8601, with its zone. */
  readonly at: string
  /** Name of the node that tells. */
  readonly from: string
  /** Of a change of role; else null. */
  readonly instance: string | null
  /** MASTER, BACKUP or FAULT of an instance; FAILED, RETURNED, DRAINED or REFUSED of a node. */
  readonly state: string
  /** Of an instance, before; else null. */
  readonly previous: string | null
  readonly priority: number
  /** The node that it is about. */
  readonly node: string
  /** Its management IP. */
  readonly address: string
  /** For people; null: none. */
  readonly reason: string | null
}

/** What became of the notices of one notifier. */
interface NotifierCounts {
  /** Program or URL, without secrets. */
  readonly target: string
  readonly delivered: number
  readonly failed: number
  /** Waiting ones that had to make room. */
  readonly dropped: number
  readonly waiting: number
}

/** `describe()` of the notifier's control. */
export interface NotifierStatus {
  readonly notifiers: readonly NotifierCounts[]
  readonly warnings: readonly Warning[]
}

export type NotifierControl = { describe(): NotifierStatus }
