import type { GarpOptions } from '../../../actors/announcer/holding/garp-schedule.ts'
import { stepAnnouncer } from '../../../actors/announcer/machine.ts'
import type { AnnouncerReport } from '../../../actors/announcer/messages.ts'
import {
  type AnnouncerEffect,
  type AnnouncerEvent,
  type AnnouncerSettings,
  type AnnouncerState,
  type AnnouncerTimer,
  initialAnnouncer,
  type PutRefusal,
} from '../../../actors/announcer/state.ts'
import { refused } from '../../../runtime/ports/result.ts'
import type { FakeNetlink } from '../../fakes/netlink.ts'

export const MAC = '02:00:00:00:00:70'
export const settings: AnnouncerSettings = {
  interfaceName: 'eth0',
  virtualIps: [
    { address: '10.10.74.74', prefixLength: 24 },
    { address: '10.10.74.75', prefixLength: 24 },
  ],
  virtualRouterId: 51,
  garp: { burstCount: 2, burstSpacingMs: 4, repeatAfterMs: [1000], refreshIntervalMs: null },
  keptAfterLeaseMs: 0,
  forwardedBy: null,
}

/** What a configuration without `garp` comes to. */
export const DEFAULT_GARP: GarpOptions = {
  burstCount: 5,
  burstSpacingMs: 4,
  repeatAfterMs: [1000, 2500],
  refreshIntervalMs: null,
}

/** One announcer machine over a kernel in memory, under a clock that the test moves; answers its effects at once. */
export class Bench {
  state: AnnouncerState
  /** Effects of the last event from outside and of what the kernel answered to it. */
  effects: AnnouncerEffect[] = []
  readonly running = new Map<AnnouncerTimer, { readonly dueMs: number }>()
  readonly kernel: FakeNetlink
  readonly clock: { nowMs(): number; jumpTo(atMs: number): void }

  constructor(kernel: FakeNetlink, clock: Bench['clock'], options = settings) {
    this.kernel = kernel
    this.clock = clock
    this.state = initialAnnouncer(options)
  }

  get label(): string {
    return this.state.phase.label
  }

  feed(event: AnnouncerEvent, afterMs = 0): this {
    this.clock.jumpTo(this.clock.nowMs() + afterMs)
    this.effects = []
    this.#step(event)
    return this
  }

  expire(timer: AnnouncerTimer, lateMs = 0): this {
    const running = this.running.get(timer)
    if (running === undefined) throw new Error(`${timer} does not run`)
    this.running.delete(timer)
    const afterMs = running.dueMs + lateMs - this.clock.nowMs()
    return this.feed({ type: 'timerExpired', timer }, afterMs)
  }

  /** Told to hold for `leaseMs` from now. */
  hold(leaseMs: number): this {
    return this.feed({ type: 'hold', leaseUntilMs: this.clock.nowMs() + leaseMs })
  }

  renew(leaseMs: number, afterMs = 0): this {
    return this.feed({ type: 'renew', leaseUntilMs: this.clock.nowMs() + afterMs + leaseMs }, afterMs)
  }

  reports(): AnnouncerReport[] {
    return this.effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))
  }

  lines(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
  }

  kinds(): string[] {
    return this.effects.map(({ type }) => type)
  }

  of<Type extends AnnouncerEffect['type']>(type: Type): Extract<AnnouncerEffect, { type: Type }>[] {
    return this.effects.filter((effect): effect is Extract<AnnouncerEffect, { type: Type }> => effect.type === type)
  }

  #step(event: AnnouncerEvent): void {
    const { state, effects } = stepAnnouncer(this.state, event, this.clock.nowMs())
    this.state = state
    this.effects.push(...effects)
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: AnnouncerEffect): void {
    switch (effect.type) {
      case 'startTimer':
        this.running.set(effect.timer, { dueMs: this.clock.nowMs() + effect.delayMs })
        return
      case 'cancelTimer':
        this.running.delete(effect.timer)
        return
      case 'readInterface':
        this.#step({ type: 'interfaceRead', result: this.kernel.interfaceByName('eth0') })
        return
      case 'putAddresses':
        this.#step({ type: 'addressesPut', refusals: this.#put(effect) })
        return
      case 'removeAddresses':
        for (const address of effect.addresses) this.kernel.removeAddress({ ...effect, ...address })
        return
      case 'sendGratuitousArp':
        this.#step({ type: 'garpSent', frames: effect.addresses.length })
        return
      case 'log':
      case 'send':
        return
      case 'resetConnections':
      case 'stopped':
        return
      default:
        effect satisfies never
    }
  }

  #put(effect: Extract<AnnouncerEffect, { type: 'putAddresses' }>): readonly PutRefusal[] {
    return effect.addresses.flatMap((address) => {
      const put = this.kernel.putAddress({ ...effect, ...address })
      return put.ok ? [] : [{ address: address.address, reason: put.reason }]
    })
  }
}

export const permissionDenied = refused('EPERM', 'not permitted: CAP_NET_ADMIN is missing')
