import { stepElector } from '../../../actors/elector/machine.ts'
import type { ElectorPeers } from '../../../actors/elector/messages.ts'
import {
  type ElectorEffect,
  type ElectorEvent,
  type ElectorOptions,
  type ElectorState,
  type ElectorTimer,
  initialElector,
} from '../../../actors/elector/state.ts'
import { emitIpv4Packet, type Ipv4Packet } from '../../../runtime/wire/ipv4.ts'
import { type Advertisement, emitAdvertisement, parseAdvertisement } from '../../../runtime/wire/vrrp.ts'

export const OWN = '10.10.74.70'
export const OTHER = '10.10.74.86'
export const VIP = '10.10.74.74'

export const v2: ElectorOptions = {
  virtualRouterId: 51,
  priority: 100,
  version: 2,
  advertIntervalCs: 100,
  preempt: true,
  preemptDelayMs: 0,
  holdOffMs: 0,
  primaryAddress: OWN,
  virtualIps: [VIP],
  checksum: 'pseudoHeader',
  unicastPeers: [],
}
export const v3: ElectorOptions = { ...v2, version: 3 }

/** What another router says, apart from what a test is about. */
export type Heard = Partial<Advertisement> & { readonly source?: string; readonly ip?: Partial<Ipv4Packet> }

/** The packet event of an advert of another router, in the terms of `options` unless `heard` says otherwise. */
export function heardAdvert(options: ElectorOptions, { source = OTHER, ip = {}, ...advert }: Heard): ElectorEvent {
  const { version, virtualRouterId, advertIntervalCs, virtualIps, checksum } = options
  const advertisement = { version, virtualRouterId, priority: 100, advertIntervalCs, addresses: virtualIps, ...advert }
  const destination = ip.destination ?? '224.0.0.18'
  const payload = emitAdvertisement(advertisement, { source, destination, checksum })
  const packet = emitIpv4Packet({ source, destination, protocol: 112, ttl: 255, payload, ...ip })
  return { type: 'packet', protocol: 112, packet, receivedAtMs: 0 }
}

/** One machine under a clock that the test moves. Remembers which timers run, and what the last event led to. */
export class Bench {
  state: ElectorState
  nowMs = 5000.25
  /** Effects of the last event. */
  effects: readonly ElectorEffect[] = []
  readonly running = new Map<ElectorTimer, { readonly generation: number; readonly dueMs: number }>()

  constructor(options: ElectorOptions) {
    this.state = initialElector(options)
  }

  get label(): string {
    return this.state.phase.label
  }

  feed(event: ElectorEvent, atMs = this.nowMs): this {
    this.nowMs = atMs
    if (event.type === 'timerExpired' && this.running.get(event.timer)?.generation === event.generation) {
      this.running.delete(event.timer)
    }
    const result = stepElector(this.state, event, atMs)
    this.state = result.state
    this.effects = result.effects
    for (const effect of result.effects) {
      if (effect.type === 'startTimer') {
        this.running.set(effect.timer, { generation: effect.generation, dueMs: atMs + effect.delayMs })
      } else if (effect.type === 'cancelTimer') this.running.delete(effect.timer)
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
    return this.feed({ type: 'timerExpired', timer, generation: running.generation }, running.dueMs + lateMs)
  }

  /** Answers the drain that the last event has asked for. */
  drained(): this {
    const effect = this.effects.find(({ type }) => type === 'drain')
    if (effect?.type !== 'drain') throw new Error('no drain was asked for')
    return this.feed({ type: 'drained', generation: effect.generation })
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
      const packet = {
        source: OWN,
        destination: message.destination,
        protocol: message.protocol,
        ttl: 255,
        fragment: false,
      }
      const parsed = parseAdvertisement({ ...packet, payload: message.payload }, message.destination)
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
