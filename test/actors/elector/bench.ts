import { stepElector } from '../../../actors/elector/machine.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import type { ElectorPeers } from '../../../actors/elector/state.ts'
import {
  type ElectorEffect,
  type ElectorEvent,
  type ElectorState,
  type ElectorTimer,
  initialElector,
} from '../../../actors/elector/state.ts'
import type { PacketDelivery } from '../../../actors/raw-ip/messages.ts'
import { familyOf } from '../../../runtime/wire/ip-address-bytes.ts'
import { emitIpv4Packet, type Ipv4Packet } from '../../../runtime/wire/ipv4.ts'
import { emitIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import { type Advertisement, emitAdvertisement, parseAdvertisement, VRRP_GROUPS } from '../../../runtime/wire/vrrp.ts'

export const OWN = '10.10.74.70'
export const OTHER = '10.10.74.86'
export const VIP = '10.10.74.74'

export const v2: ElectorOptions = {
  instance: 'VI_51',
  virtualRouterId: 51,
  priority: 100,
  track: { interface: 'fault', portMonitor: -40, gateway: -80 },
  version: 2,
  advertIntervalCs: 100,
  preempt: true,
  preemptDelayMs: 0,
  holdOffMs: 0,
  longestLearnedCs: 300,
  strict: false,
  settledAtMs: 0,
  primaryAddress: OWN,
  virtualIps: [VIP],
  checksum: 'pseudoHeader',
  unicastPeers: [],
}
export const v3: ElectorOptions = { ...v2, version: 3 }
/** Version 3 over IPv6: the adverts leave from a link-local address. */
export const v6: ElectorOptions = { ...v3, primaryAddress: 'fe80::74:70', virtualIps: ['2001:db8::74'] }

/** Addresses for a test that holds for either family. */
export function subnetOf({ primaryAddress }: ElectorOptions) {
  return familyOf(primaryAddress) === 'ipv4'
    ? {
        other: OTHER,
        higher: ['200.0.0.1', '10.10.74.100'],
        lower: ['9.255.255.255', '10.10.74.9'],
        foreignVip: '10.10.74.99',
      }
    : {
        other: 'fe80::74:86',
        higher: ['fe80:ffff::1', 'fe80::74:100'],
        lower: ['fe80::9:ffff', 'fe80::74:9'],
        foreignVip: '2001:db8::99',
      }
}

/** What another router says, apart from what a test is about. */
export type Heard = Partial<Advertisement> & { readonly source?: string; readonly ip?: Partial<Ipv4Packet> }

/** The packet event of an advert of another router, in the terms of `options` unless `heard` says otherwise. */
export function heardAdvert(options: ElectorOptions, heard: Heard): PacketDelivery {
  const { source = subnetOf(options).other, ip = {}, ...advert } = heard
  const { version, virtualRouterId, advertIntervalCs, virtualIps, checksum } = options
  const advertisement = { version, virtualRouterId, priority: 100, advertIntervalCs, addresses: virtualIps, ...advert }
  const family = familyOf(options.primaryAddress)
  const destination = ip.destination ?? VRRP_GROUPS[family]
  const payload = emitAdvertisement(advertisement, { source, destination, checksum })
  const header = { source, destination, protocol: 112, ttl: 255, payload, ...ip }
  const packet = family === 'ipv4' ? emitIpv4Packet(header) : emitIpv6Packet({ ...header, hopLimit: header.ttl })
  // It was under way for no time.
  return { type: 'packet', protocol: 112, packet, receivedAtMs: Number.POSITIVE_INFINITY, serial: 0 }
}

/** One machine under a clock that the test moves. Remembers which timers run, and what the last event led to. */
export class Bench {
  state: ElectorState
  nowMs = 5000.25
  /** Effects of the last event. */
  effects: readonly ElectorEffect[] = []
  readonly running = new Map<ElectorTimer, { readonly dueMs: number }>()

  constructor(options: ElectorOptions) {
    this.state = initialElector(options)
  }

  get label(): string {
    return this.state.phase.label
  }

  feed(event: ElectorEvent, atMs = this.nowMs): this {
    this.nowMs = atMs
    if (event.type === 'timerExpired') this.running.delete(event.timer)
    const result = stepElector(this.state, event, atMs)
    this.state = result.state
    this.effects = result.effects
    for (const effect of result.effects) {
      if (effect.type === 'startTimer') this.running.set(effect.timer, { dueMs: atMs + effect.delayMs })
      if (effect.type === 'cancelTimer') this.running.delete(effect.timer)
    }
    return this
  }

  hear(heard: Heard, afterMs = 0): this {
    return this.feed(heardAdvert(this.state.options, heard), this.nowMs + afterMs)
  }

  /** Lets the timer expire when it is due, or `lateMs` after. */
  expire(timer: ElectorTimer, lateMs = 0): this {
    const running = this.running.get(timer)
    if (running === undefined) throw new Error(`${timer} does not run`)
    return this.feed({ type: 'timerExpired', timer }, running.dueMs + lateMs)
  }

  /** Answers the drain that the last event has asked for. */
  drained(): this {
    const effect = this.effects.find(({ type }) => type === 'drain')
    if (effect?.type !== 'drain') throw new Error('no drain was asked for')
    return this.feed({ type: 'drained', number: effect.number })
  }

  /** Confirms the last advert: it has left now. */
  confirm(): this {
    return this.feed({ type: 'sent', confirm: this.state.nextConfirm - 1, atMs: this.nowMs })
  }

  /** Up to BACKUP, or MASTER for the owner. */
  started(): this {
    return this.feed({ type: 'start' })
  }

  /** Director with a confirmed advert, by silence. */
  promoted(): this {
    return this.started().expire('masterDown').drained().confirm()
  }

  sent<To extends keyof ElectorPeers>(to: To): ElectorPeers[To][] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === to ? [effect.message as ElectorPeers[To]] : [],
    )
  }

  /** The adverts that the last event has sent, parsed. */
  adverts(): Advertisement[] {
    return this.sent('raw-ip').flatMap((message) => {
      if (message.type !== 'send') return []
      const { destination, protocol, payload } = message
      const source = this.state.options.primaryAddress
      const hops = familyOf(source) === 'ipv4' ? { ttl: 255 } : { hopLimit: 255 }
      const parsed = parseAdvertisement(
        { source, destination, protocol, payload, fragment: false, ...hops },
        destination,
      )
      if (!parsed.ok) throw new Error(`emitted an advert that is discarded: ${parsed.reason}`)
      return [parsed.advertisement]
    })
  }

  lines(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
  }

  /** How long the timer will run from now, ms. */
  remaining(timer: ElectorTimer): number | undefined {
    const running = this.running.get(timer)
    return running === undefined ? undefined : running.dueMs - this.nowMs
  }

  counter(name: string): number {
    return (this.state.counters as Readonly<Record<string, number>>)[name] ?? 0
  }
}
