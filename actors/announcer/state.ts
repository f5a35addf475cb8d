import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../runtime/ports/result.ts'
import type { GarpOptions, Schedule } from './holding/garp-schedule.ts'
import type { AnnouncerMessage, AnnouncerReport, AnnouncerStatus } from './messages.ts'

export type AnnouncerPeers = { readonly elector: AnnouncerReport }

export interface VirtualAddress {
  readonly address: string
  readonly prefixLength: number
}

export interface AnnouncerSettings {
  readonly interfaceName: string
  readonly virtualIps: readonly VirtualAddress[]
  readonly virtualRouterId: number
  readonly garp: GarpOptions
  /**
   * How long after the end of the lease the kernel may still have the addresses, because a fence keeps them silent from then on (see
   * `lease-fence.ts`). 0: there is none, and they have to be gone by then.
   */
  readonly keptAfterLeaseMs: number
  /**
   * Who forwards on this node. The fast path is waited for before clients are called here from a director that lives; of the forwarders'
   * connections, which end with the addresses, clients are told before those go. Null: neither.
   */
  readonly forwardedBy: 'fast-path' | 'forwarder' | null
}

/**
 * `lease`: when the addresses must be gone. `yield`: when they go, as somebody else has them. `garp`: the next round of gratuitous ARP. `check`: the next look at whether the
 * kernel still has what is held. `ready`: the fast path is not waited for any longer. `added`: whoever else has an address that was configured
 * meanwhile has answered by now.
 */
export type AnnouncerTimer = 'lease' | 'yield' | 'garp' | 'check' | 'ready' | 'added'

/** An address that the kernel did not take. */
export interface PutRefusal {
  readonly address: string
  readonly reason: string
}

export type AnnouncerEvent =
  | { readonly type: 'start' }
  | AnnouncerMessage
  | TimerExpired<AnnouncerTimer>
  /** The answer to `readInterface`. */
  | { readonly type: 'interfaceRead'; readonly result: Result<NetworkInterface> }
  /** The answer to `putAddresses`; no refusals = all are there. */
  | { readonly type: 'addressesPut'; readonly refusals: readonly PutRefusal[] }
  | { readonly type: 'removeRefused'; readonly address: string; readonly reason: string }
  | { readonly type: 'garpSent'; readonly frames: number }
  | { readonly type: 'garpRefused'; readonly address: string; readonly reason: string }
  /** The answer to `resetConnections`, or nobody has answered in time. */
  | { readonly type: 'connectionsReset' }
  /** The operator wants it otherwise from now on. */
  | { readonly type: 'configured'; readonly options: AnnouncerSettings }
  | { readonly type: 'stop' }

/** What only the shell can do. It answers at once: netlink and packet ports are synchronous, so that nothing overtakes them. */
export type AnnouncerEffect =
  | StartTimer<AnnouncerTimer>
  | CancelTimer<AnnouncerTimer>
  | WriteLog
  | SendTo<Pick<AnnouncerPeers, 'elector'>>
  | { readonly type: 'readInterface' }
  | {
      readonly type: 'putAddresses'
      readonly interfaceIndex: number
      readonly addresses: readonly VirtualAddress[]
      /** The kernel removes them by itself after this time. */
      readonly validLifetimeS: number
    }
  | {
      readonly type: 'removeAddresses'
      readonly interfaceIndex: number
      readonly addresses: readonly VirtualAddress[]
    }
  | {
      readonly type: 'sendGratuitousArp'
      readonly interfaceIndex: number
      readonly mac: string
      readonly addresses: readonly string[]
    }
  /** Answered by `connectionsReset`, later. */
  | { readonly type: 'resetConnections'; readonly addresses: readonly string[] }
  /** What `stop` asked for is done: IDLE. */
  | { readonly type: 'stopped' }

/** Not the director: the interface has none of the addresses. */
interface Idle {
  readonly label: 'IDLE'
}

/** Told to hold; the kernel has been asked. Over within the same turn of the shell. */
export interface Taking {
  readonly label: 'TAKING'
  readonly leaseUntilMs: number
  readonly device: Device | null
  /** The device is as it was when last read, which may be long ago. */
  readonly isRemembered: boolean
  readonly withheld: readonly string[]
  readonly succeeds: boolean
}

export interface Holding {
  readonly label: 'HOLDING'
  readonly leaseUntilMs: number
  readonly device: Device
  /** The end of the lease as the kernel was last told of it. */
  readonly kernelLeaseUntilMs: number
  /** Addresses that somebody else had at the takeover, or may have, as they were configured a moment ago: they were not added. */
  readonly withheld: readonly string[]
  readonly schedule: Schedule
  /** They are announced when the fast path has said so much of them; null: they were. */
  readonly awaits: 'ready' | 'rules' | null
}

/** Somebody else takes the addresses: they are still there, and nothing is said or done for them. */
export interface Yielding {
  readonly label: 'YIELDING'
  /** When they go, or clients are told; not after the lease. */
  readonly untilMs: number
  readonly leaseUntilMs: number
  readonly device: Device
  readonly withheld: readonly string[]
}

/** The addresses are about to go: the connections that came in by them are being reset, which they have to be here for. */
export interface Resetting {
  readonly label: 'RESETTING'
  /** When they go in any case; not after the lease. */
  readonly untilMs: number
  readonly device: Device
  readonly withheld: readonly string[]
}

export type Phase = Idle | Taking | Holding | Yielding | Resetting

/** The interface as it was when last read. */
export interface Device {
  readonly index: number
  readonly mac: string
}

export interface AnnouncerState {
  readonly options: AnnouncerSettings
  readonly phase: Phase
  /** As last read; null where it could not be. */
  readonly device: Device | null
  /** What the fast path has rules for, and what it is ready for, as it said last. */
  readonly forwarded: Readonly<Record<'rules' | 'ready', readonly string[]>>
  /** To say so when nothing is held any more. */
  readonly stopping: boolean
  readonly timers: ReadonlySet<AnnouncerTimer>
  readonly gratuitousArpsSent: number
  readonly leaseExpiries: number
  /** Who answers for an address of ours that is not held here: its MAC. */
  readonly occupied: ReadonlyMap<string, string>
  /** Virtual IPs that the interface had at the start, for ever: somebody else's, which stay. Null until it was read. */
  readonly foreign: readonly VirtualAddress[] | null
  /** When addresses were last put back or taken off that something else had removed or added. */
  readonly corrections: readonly number[]
  /** What is wrong now, by what it is about; gone when it is right again. */
  readonly problems: ReadonlyMap<string, Warning>
}

/** The state before `start`. */
export function initialAnnouncer(options: AnnouncerSettings): AnnouncerState {
  return {
    options,
    phase: { label: 'IDLE' },
    device: null,
    forwarded: { rules: [], ready: [] },
    stopping: false,
    timers: new Set(),
    gratuitousArpsSent: 0,
    leaseExpiries: 0,
    occupied: new Map(),
    foreign: null,
    corrections: [],
    problems: new Map(),
  }
}

/** IDLE, TAKING, HOLDING, YIELDING or RESETTING. */
export const labelOf = ({ phase }: AnnouncerState): Phase['label'] => phase.label

/** The answer to `describe()`. */
export function describeAnnouncer(state: AnnouncerState, nowMs: number): AnnouncerStatus {
  const { phase, options, gratuitousArpsSent, leaseExpiries, problems } = state
  const held =
    (phase.label === 'HOLDING' && nowMs < phase.leaseUntilMs) ||
    ((phase.label === 'YIELDING' || phase.label === 'RESETTING') && nowMs < phase.untilMs)
  return {
    virtualIps: options.virtualIps.map(({ address }) => ({ address, held: held && !phase.withheld.includes(address) })),
    gratuitousArpsSent,
    leaseExpiries,
    warnings: [...problems.values(), ...contestWarnings(state, nowMs)],
  }
}

/** Corrections within this time that show another tool at work. */
const CONTEST_CORRECTIONS = 3
const CONTEST_WINDOW_MS = 60_000
/** With nothing to correct for so long it has ceased. */
const CONTEST_OVER_MS = 20_000

function contestWarnings({ corrections, options }: AnnouncerState, nowMs: number): readonly Warning[] {
  const recent = corrections.filter((atMs) => nowMs - atMs < CONTEST_WINDOW_MS)
  const isOver = recent.every((atMs) => nowMs - atMs >= CONTEST_OVER_MS)
  if (recent.length < CONTEST_CORRECTIONS || isOver) return []
  const { interfaceName } = options
  const text = `something else adds or removes the virtual IPs on ${interfaceName} (corrected ${recent.length} times or more in the last minute)`
  return [warning('vip-contested', interfaceName, text)]
}
