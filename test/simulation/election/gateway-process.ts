import {
  type AnnouncerEffect,
  type AnnouncerEvent,
  type AnnouncerState,
  initialAnnouncer,
} from '../../../actors/announcer/state.ts'
import {
  type ElectorEffect,
  type ElectorEvent,
  type ElectorState,
  initialElector,
} from '../../../actors/elector/state.ts'
import type { RawIpMessage } from '../../../actors/raw-ip/messages.ts'
import { DEFAULT_GARP } from '../../actors/announcer/bench.ts'
import { Timers } from '../../fakes/timers.ts'
import { type Host, INTERFACE, PREFIX_LENGTH } from './host.ts'
import { emitPacket } from './packets.ts'
import { Threads } from './threads.ts'

/** What finds no room in the kernel's receive queue is lost. */
const SOCKET_PACKETS = 10_000
/** For how long an ordered stop waits for a follower at most, ms. */
export const FAREWELL_MS = 1500

/**
 * One run of a gateway: the elector's and the announcer's machines, wired as their actors are. Stopped (SIGSTOP), it takes
 * no step; when it goes on it does as Node does: first every timer that came due, then what had arrived.
 */
export class GatewayProcess {
  elector: ElectorState
  announcer: AnnouncerState
  /** The actor is there; a crashed one is not, until it was restarted. */
  readonly isUp = { elector: true, announcer: true }
  isRetiring = false
  readonly #host: Host
  readonly #threads: Threads
  readonly #timers: { readonly elector: Timers; readonly announcer: Timers }
  readonly #consequences: AnnouncerEvent[] = []
  #isAnnouncing = false
  #socket: Uint8Array[] = []
  #isReading = false
  #packetsUnderWay = 0

  constructor(host: Host) {
    this.#host = host
    this.#threads = new Threads(host)
    const timers = () => new Timers((delayMs, fire) => this.#threads.after(delayMs, fire))
    this.#timers = { elector: timers(), announcer: timers() }
    this.elector = initialElector(host.options)
    this.announcer = this.#newAnnouncer()
  }

  /** It takes steps: not dead, not stopped. */
  get isRunning(): boolean {
    return this.#threads.isRunning
  }

  start(): void {
    this.announce({ type: 'start' })
    this.elect({ type: 'start' })
    this.#catchUp()
  }

  end(): void {
    this.#threads.end()
    for (const timers of Object.values(this.#timers)) timers.cancelAll()
  }

  /** The elector hands over first, if there is somebody to take over; then the announcer stops, and all else. */
  shutDown(): void {
    this.isRetiring = true
    this.#threads.after(FAREWELL_MS, () => {
      this.elect({ type: 'shutdown' })
      this.#finish()
    })
    this.elect({ type: 'retire' })
  }

  freeze(): void {
    this.#threads.freeze()
  }

  thaw(): void {
    if (this.#threads.isFrozen && this.#socket.length > 0) this.#readLater(this.#host.pace.messageMs)
    this.#threads.thaw()
  }

  /** An actor throws; the supervisor starts another in its place after `backoffMs` and introduces it to its peer. */
  crash(actor: 'elector' | 'announcer', backoffMs: number): void {
    if (!this.isUp[actor]) return
    this.isUp[actor] = false
    this.#timers[actor].cancelAll()
    this.#threads.after(backoffMs, () => this.#restart(actor))
  }

  /** A packet reaches the kernel's socket. */
  arrive(packet: Uint8Array): void {
    if (this.#threads.hasEnded) return
    const { readMs } = this.#host.pace
    if (this.isRunning && readMs === 0 && !this.#isReading) {
      this.#deliver(packet)
      return
    }
    if (this.#socket.length < SOCKET_PACKETS) this.#socket.push(packet)
    if (this.isRunning && !this.#isReading) this.#readLater(this.#host.dice.between(0, readMs))
  }

  elect(event: ElectorEvent): void {
    if (!this.isUp.elector) return
    const before = this.elector.phase.label
    const { state, effects } = this.#host.machines.elector(this.elector, event, this.#host.nowMs())
    this.elector = state
    if (state.phase.label !== before) this.#host.subnet.changed(this.#host, before, event)
    for (const effect of effects) this.#performElector(effect)
  }

  /** One event after the other: what the kernel answers waits for the step's other effects. */
  announce(event: AnnouncerEvent): void {
    if (!this.isUp.announcer) return
    this.#consequences.push(event)
    if (this.#isAnnouncing) return
    this.#isAnnouncing = true
    for (let next = this.#consequences.shift(); next !== undefined; next = this.#consequences.shift()) {
      const { state, effects } = this.#host.machines.announcer(this.announcer, next, this.#host.nowMs())
      this.announcer = state
      for (const effect of effects) this.#performAnnouncer(effect)
    }
    this.#isAnnouncing = false
  }

  #finish(): void {
    this.announce({ type: 'stop' })
    this.end()
    this.#host.gateway = undefined
  }

  #newAnnouncer(): AnnouncerState {
    const { virtualIps, virtualRouterId } = this.#host.options
    return initialAnnouncer({
      interfaceName: INTERFACE,
      virtualIps: virtualIps.map((address) => ({ address, prefixLength: PREFIX_LENGTH })),
      virtualRouterId,
      garp: DEFAULT_GARP,
      keptAfterLeaseMs: 0,
      forwardedBy: null,
    })
  }

  #restart(actor: 'elector' | 'announcer'): void {
    this.isUp[actor] = true
    if (actor === 'elector') {
      this.elector = initialElector(this.#host.options)
      this.elect({ type: 'start' })
      this.#catchUp()
    } else {
      this.announcer = this.#newAnnouncer()
      this.announce({ type: 'start' })
    }
    this.elect({ type: 'peerUp', peer: 'announcer' })
  }

  /** Discovery has the director's assignment some time after the start, or never, where that is a keepalived. */
  #catchUp(): void {
    const { options, dice } = this.#host
    if (options.holdOffMs === 0 || dice.chance(0.5)) return
    this.#threads.after(dice.between(0, options.holdOffMs), () => this.elect({ type: 'caughtUp' }))
  }

  #deliver(packet: Uint8Array): void {
    this.#packetsUnderWay--
    this.elect({ type: 'packet', protocol: 112, packet, receivedAtMs: this.#host.nowMs(), serial: 0 })
  }

  #readLater(delayMs: number): void {
    this.#isReading = true
    this.#host.subnet.clock.setTimer(delayMs, () => {
      this.#isReading = false
      if (this.isRunning) this.#readSocket()
    })
  }

  /** The main thread hands over what the socket has, in order. */
  #readSocket(): void {
    const packets = this.#socket
    this.#socket = []
    for (const packet of packets) {
      this.#packetsUnderWay++
      this.#threads.post(() => this.#deliver(packet))
    }
  }

  #performElector(effect: ElectorEffect): void {
    switch (effect.type) {
      case 'startTimer':
      case 'cancelTimer':
        this.#timers.elector.perform(effect, (expiry) => this.elect(expiry))
        return
      case 'drain': {
        this.#threads.post(() => {
          this.#readSocket()
          this.#answerDrain(effect)
        })
        return
      }
      case 'send':
        if (effect.to === 'announcer') {
          const { message } = effect
          this.#threads.post(() => this.announce(message))
        } else if (effect.to === 'raw-ip' && effect.message.type === 'send') {
          this.#send(effect.message)
        }
        return
      case 'retired':
        this.#finish()
        return
      case 'log':
      case 'happened':
        return
      default:
        effect satisfies never
    }
  }

  /** The main thread knows what it has passed on, and what the elector had heard when it asked. */
  #answerDrain({ number, confirm, adverts }: Extract<ElectorEffect, { type: 'drain' }>): void {
    const isSilent = this.#packetsUnderWay === 0
    this.#threads.post(() => this.elect({ type: 'drained', number, ...(isSilent ? { confirm } : {}) }))
    if (isSilent) for (const advert of adverts) this.#send(advert)
  }

  #send({ destination, payload, confirm }: Extract<RawIpMessage, { type: 'send' }>): void {
    const host = this.#host
    const transmit = (): void => {
      const atMs = host.nowMs()
      const mute = host.mute
      if (!mute) {
        if (confirm !== undefined) host.leftAtMs = host.subnet.clock.nowMs()
        host.subnet.carry(host, destination, emitPacket(host.options.primaryAddress, destination, payload))
      }
      if (confirm === undefined) return
      const outcome: ElectorEvent = mute
        ? { type: 'sendFailed', confirm, reason: 'ENOBUFS' }
        : { type: 'sent', confirm, atMs }
      this.#threads.post(() => this.elect(outcome))
    }
    // A process that ends in order gets its last words out before it is gone.
    if (this.elector.phase.label === 'INIT') transmit()
    else this.#threads.post(transmit)
  }

  #performAnnouncer(effect: AnnouncerEffect): void {
    const host = this.#host
    switch (effect.type) {
      case 'startTimer': {
        // The look at the kernel finds nothing here, as nobody takes addresses away: rarer, it leaves time for more seeds.
        const stretch = effect.timer === 'check' ? Math.max(1, (5 * host.options.advertIntervalCs) / 100) : 1
        const stretched = { ...effect, delayMs: effect.delayMs * stretch }
        this.#timers.announcer.perform(stretched, (expiry) => this.announce(expiry))
        return
      }
      case 'cancelTimer':
        this.#timers.announcer.perform(effect, (expiry) => this.announce(expiry))
        return
      case 'send': {
        const { message } = effect
        this.#threads.post(() => this.elect(message))
        return
      }
      case 'readInterface':
        this.announce({ type: 'interfaceRead', result: { ok: true, value: host.readInterface() } })
        return
      case 'putAddresses':
        host.putAddress(effect.validLifetimeS)
        this.announce({ type: 'addressesPut', refusals: [] })
        return
      case 'removeAddresses':
        host.removeAddress()
        return
      case 'sendGratuitousArp':
        host.subnet.carryArp(host)
        this.announce({ type: 'garpSent', frames: effect.addresses.length })
        return
      case 'log':
      case 'resetConnections':
      case 'stopped':
        return
      default:
        effect satisfies never
    }
  }
}
