import type { SchedulingClass } from '../../ports/host/scheduling.ts'
import type { LogLevel } from '../../ports/host/syslog.ts'
import type { MailboxOptions } from '../actor.ts'
import type { InspectionDetail, InspectionEvent } from '../inspection/inspection.ts'
import type { Direction } from './mailbox.ts'

/** What an actor is born with; can be cloned into a Worker. */
export interface ActorSeed {
  readonly name: string
  readonly incarnation: number
  /** Whom it may send to. */
  readonly peers: readonly string[]
  readonly options: unknown
  readonly counters: SharedArrayBuffer
  readonly watching: SharedArrayBuffer
  /** As `LogThreshold` has it. */
  readonly logThreshold: SharedArrayBuffer
  /** Where its machines' steps are written down; null: nowhere. */
  readonly recording: RecordingPlace | null
  /** Its thread is to be scheduled before everything ordinary, where that is permitted. */
  readonly realtime: boolean
  /** Under way between actor and supervisor: 0 = its inspection events, 1 = events that it observes. */
  readonly eventCredits: SharedArrayBuffer
}

/** Where steps are recorded. */
export interface RecordingPlace {
  /** A folder that is this user's own. */
  readonly folder: string
  /** Of the program. */
  readonly version: string
}

/** Events that may be under way between an actor and the supervisor, in each direction; beyond, they are missed and counted. */
export const MAX_EVENTS_UNDER_WAY = 1024

/** From the supervisor to an actor. `Port` is one end of a channel: a MessagePort, or a simulated one. */
export type ActorCommand<Port> =
  | {
      readonly type: 'introduce'
      readonly peer: string
      readonly port: Port
      readonly credits: SharedArrayBuffer
      /** In which this end sends. */
      readonly direction: Direction
      readonly peerMailbox: MailboxOptions
      readonly peerCounters: SharedArrayBuffer
    }
  /** Somebody may call this actor's control over the port. */
  | { readonly type: 'exposeControl'; readonly port: Port }
  /** This actor may call that one's control over the port. */
  | { readonly type: 'grantControl'; readonly actor: string; readonly port: Port }
  /** Answered in shared memory, so that nobody wakes for the answer. */
  | { readonly type: 'ping'; readonly ping: number }
  | { readonly type: 'observe'; readonly event: InspectionEvent }
  /** Its options are these from now on; answered by `configured`. */
  | { readonly type: 'configure'; readonly options: unknown }
  /** It may send to these from now on: others come, or have gone. */
  | { readonly type: 'relink'; readonly peers: readonly string[] }
  | { readonly type: 'stop' }
  /** Test hooks. */
  | { readonly type: 'crash' }
  | { readonly type: 'stall'; readonly forMs: number }

/** From an actor to the supervisor. */
export type ActorReport =
  | { readonly type: 'started'; readonly hasControl: boolean }
  | { readonly type: 'stopped' }
  /** It goes by the options of a `configure`. */
  | { readonly type: 'configured' }
  /** Its thread is scheduled so from now on; `ordinary` until told. */
  | { readonly type: 'scheduling'; readonly scheduling: SchedulingClass }
  | {
      readonly type: 'log'
      readonly level: LogLevel
      readonly line: string
      /** When it was said: reports of several threads may arrive in another order. */
      readonly atMs: number
      readonly fields?: Readonly<Record<string, unknown>>
    }
  | {
      readonly type: 'inspect'
      readonly detail: InspectionDetail
      readonly atMs: number
      readonly wallMs: number
      /** Events before this one that found no room. */
      readonly missed: number
    }
