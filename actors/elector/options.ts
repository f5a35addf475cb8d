import type { VrrpChecksum, VrrpVersion } from '../../runtime/wire/vrrp.ts'

/** What a failure of something tracked does: nothing, force FAULT, or change the priority by -253..-1. */
export type TrackEffect = 'off' | 'fault' | number

/** Of the operator's scripts by name; as of keepalived's, a weight of 1..253 is added while one is well. */
type ScriptEffects = Readonly<Record<string, Exclude<TrackEffect, 'off'>>>

/** Without its own address no node takes part: that is no choice. */
export type TrackOptions = Readonly<Record<'interface' | 'portMonitor' | 'gateway', TrackEffect>> & {
  readonly scripts?: ScriptEffects
}

/** One virtual router as configured; the ranges are the wire's. */
export interface ElectorOptions {
  /** Name of the instance. */
  readonly instance: string
  /** 1..255. */
  readonly virtualRouterId: number
  /** 1..255; 255 = the owner of the addresses. Never 0: that is how a master resigns. */
  readonly priority: number
  /** What a failure of each source does to it. */
  readonly track: TrackOptions
  readonly version: VrrpVersion
  /** Centiseconds: v2 100..25,500 in whole seconds, v3 1..4095. */
  readonly advertIntervalCs: number
  /** Whether a higher priority takes over from a lower one that is alive. The owner always does. */
  readonly preempt: boolean
  /** For how long a living master of lower priority is left alone before it is preempted. */
  readonly preemptDelayMs: number
  /** For how long after the start a living master of lower priority is left alone at most, until its table is here. */
  readonly holdOffMs: number
  /** Version 3: the longest interval of a master that is gone by, in centiseconds; silence of three of it is the most that a forged one costs. */
  readonly longestLearnedCs: number
  /** Adverts with other virtual IPs than ours are discarded, instead of told. */
  readonly strict: boolean
  /**
   * Monotonic. Until then the process is too busy with its own start to keep adverts below a second on time: it neither
   * preempts nor takes silence for the absence of a master, unless that was heard before.
   */
  readonly settledAtMs: number
  /**
   * This node's own address on the interface, for IPv6 its link-local one: what adverts leave from, never a virtual one. Its
   * family is that of the virtual router.
   */
  readonly primaryAddress: string
  /** Of the subnet of an IPv4 `primaryAddress`, whose routers alone are heard; missing: it is not known. */
  readonly prefixLength?: number
  /** Without prefix, 1..255 of them, all of the family of `primaryAddress`. */
  readonly virtualIps: readonly string[]
  readonly checksum: VrrpChecksum
  /** The other routers of the group, which then speak to each other by unicast; empty = by multicast, as VRRP has it. */
  readonly unicastPeers: readonly string[]
  /** Who forwards on this node, and so must know its role; the forwarders unless told otherwise. */
  readonly forwardedBy?: 'forwarder' | 'fast-path'
  /** So much before silence has lasted long enough, threads are woken that then act on it at once; 0 where it is missing. */
  readonly lookAheadMs?: number
  /**
   * What this node's own way adds to a silence at the least: the last advert is read a little after it came, and the first of
   * its own leaves a little after it was meant to. So much earlier the silence has lasted long enough here; 0 where it is missing.
   */
  readonly ownDelayMs?: number
}
