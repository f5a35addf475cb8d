import type { VrrpVersion } from '../../runtime/wire/vrrp.ts'

/** Who waits: its version and its own priority, 1..255. */
export interface Waiter {
  readonly version: VrrpVersion
  readonly priority: number
}

/**
 * Skew_Time in ms, with its fraction: the higher the priority, the sooner a backup acts. Version 2 counts it in seconds
 * whatever the interval (RFC 3768 §6.1), version 3 in shares of the master's interval (RFC 9568 §6.1).
 */
export function skewMs({ version, priority }: Waiter, masterIntervalMs: number): number {
  const unitMs = version === 2 ? 1000 : masterIntervalMs
  return ((256 - priority) * unitMs) / 256
}

/** Master_Down_Interval (v3: Active_Down_Interval) in ms: the silence after which the waiter takes the master for dead. */
export function masterDownMs(waiter: Waiter, masterIntervalMs: number): number {
  return 3 * masterIntervalMs + skewMs(waiter, masterIntervalMs)
}

/**
 * For how long an advert that has left keeps its sender master, in ms. Whoever heard it waits for three intervals and a
 * skew of its own, and no skew is below zero: a master that gives up after this is gone before anybody follows it.
 */
export function leaseMs(advertIntervalMs: number): number {
  return 3 * advertIntervalMs
}
