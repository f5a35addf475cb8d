/** What is measured: every fault at every pace, idle and busy, each daemon in its turn. */
import { takeTurns } from '../bench/rounds.ts'

/** The client's step, ms. */
export const connectEveryMs = 2

/** `proxyha-kernel`: proxyha in kernel mode, measured at a redirect: its client is forwarded, not answered by the director. */
export const daemons = ['proxyha', 'keepalived', 'proxyha-kernel'] as const
export type Daemon = (typeof daemons)[number]

/**
 * What happens to the director, or with `return`, who comes back. `silent`: its heir learns of it by missing adverts. `ordered`: by an
 * order that keepalived has not.
 */
export const faults = [
  { name: 'power-off', title: 'cable cut and kill -9', silent: true },
  { name: 'kill', title: 'kill -9 of the daemon alone', silent: true },
  { name: 'stop', title: 'stop in order (SIGTERM)', silent: false },
  { name: 'freeze', title: 'SIGSTOP of the daemon', silent: true },
  { name: 'link-down', title: "the director's interface set down", silent: true },
  { name: 'return', title: 'the higher priority returns', silent: false },
  { name: 'failover', title: '`proxyha failover`', silent: false, ordered: true },
  { name: 'back', title: '`proxyha failover`, the way back', silent: false, ordered: true },
] as const
type Fault = (typeof faults)[number]

/** A VRRP version and its interval between adverts. */
export const paces = [
  { name: 'v2-1s', version: 2, advertIntervalMs: 1000 },
  { name: 'v3-1s', version: 3, advertIntervalMs: 1000 },
  { name: 'v3-100ms', version: 3, advertIntervalMs: 100 },
  { name: 'v3-10ms', version: 3, advertIntervalMs: 10 },
] as const
export type Pace = (typeof paces)[number]

/** Whether every core has a busy loop of its own. */
export const loads = ['idle', 'busy'] as const
export type Load = (typeof loads)[number]

/** What one line of the result is about. */
export interface Row {
  readonly fault: Fault
  readonly pace: Pace
  readonly load: Load
}

/** One measurement to make. */
export interface Turn extends Row {
  readonly daemon: Daemon
  readonly round: number
  /** How much of the interval after an advert is over at the fault, 0..1. */
  readonly phase: number
}

export interface Selection {
  readonly faults: readonly Fault[]
  readonly paces: readonly Pace[]
  readonly loads: readonly Load[]
}

/** The rows of a selection, in the order in which they are shown. */
export function rowsOf({ faults, paces, loads }: Selection): readonly Row[] {
  return faults.flatMap((fault) => paces.flatMap((pace) => loads.map((load) => ({ fault, pace, load }))))
}

/** Who can have that happen. */
export const daemonsFor = (fault: Fault): readonly Daemon[] =>
  'ordered' in fault ? daemons.filter((daemon) => daemon !== 'keepalived') : daemons

/**
 * All measurements in their order. All daemons meet the same fault one right after the other, who is first changes from
 * round to round, and every round has every row: a machine that drifts does the same to all. So does chance: a gap is
 * shorter by what has passed since the last advert, so the rounds go through the interval in equal steps.
 */
export function turnsOf(selection: Selection, rounds: number): readonly Turn[] {
  return Array.from({ length: rounds }, (_, round) =>
    // Load by load: the busy loops start and end once a round.
    selection.loads.flatMap((load) =>
      rowsOf({ ...selection, loads: [load] }).flatMap((row) =>
        takeTurns(daemonsFor(row.fault), round).map((daemon) => ({
          ...row,
          daemon,
          round,
          phase: (round + 0.5) / rounds,
        })),
      ),
    ),
  ).flat()
}

/**
 * Master_Down_Interval of a backup: 3 x interval + skew; the skew is (256 - priority)/256 of a second in version 2
 * (RFC 3768 §6.1) and of the interval in version 3 (RFC 9568 §6.1).
 */
export function masterDownMs({ version, advertIntervalMs }: Pace, priority: number): number {
  return 3 * advertIntervalMs + ((256 - priority) / 256) * (version === 2 ? 1000 : advertIntervalMs)
}
