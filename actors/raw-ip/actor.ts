import type { IpProtocol, RawIpPort } from '../../runtime/ports/raw-ip.ts'
import type { Refusal, Result } from '../../runtime/ports/result.ts'
import type { ActorContext, ActorInstance, StartActor } from '../../runtime/system/actor.ts'
import { RateLimit } from '../../runtime/system/rate-limit.ts'
import { initialSockets, type SocketsEffect, type SocketsEvent, type SocketsState, stepSockets } from './machine.ts'
import type { RawIpControl, RawIpCounters, RawIpDelivery, RawIpMessage, RawIpPeers, RawIpStatus } from './messages.ts'

export interface RawIpOptions {
  readonly interfaceName: string
  /** The node's own address on it: what every packet is sent from. */
  readonly sourceAddress: string
}

export interface RawIpPorts {
  readonly rawIp: RawIpPort
}

/** Of each protocol: whom its packets are for, and how many of them a second that actor can look at. */
const RECEIVERS = {
  112: { peer: 'elector', packetsPerSecond: 20_000 },
  253: { peer: 'discovery', packetsPerSecond: 5_000 },
} as const

/** A send that ends so has met sockets whose interface is gone: it will not come back to them. */
const SOCKETS_ARE_LOST: ReadonlySet<string> = new Set(['ENODEV', 'ENXIO', 'ENETDOWN', 'EBADF'])
/** Refusals that no waiting cures: the gateway must not start. */
const HOPELESS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOTSUP'])
/** A flood is logged, and warned of in the status, at most and at least for so long. */
const FLOOD_NOTICE_MS = 10_000

/**
 * The raw sockets of a gateway, on the main thread: packets in to the elector (112) and discovery (253), payloads out.
 * Throws at start where raw sockets are not permitted; an interface that is not there (any more) is waited for.
 */
export const startRawIp: StartActor<RawIpOptions, RawIpPorts, RawIpMessage, RawIpPeers> = (context, options, ports) => {
  const actor = new RawIpActor(context, options, ports.rawIp)
  actor.start()
  return actor
}

/** What is counted and bounded for one protocol. */
class Traffic {
  readonly limit: RateLimit
  received = 0
  dropped = 0
  sent = 0
  sendFailed = 0
  floodNoticedAtMs = Number.NEGATIVE_INFINITY
  lastSendFailure: string | null = null

  constructor(packetsPerSecond: number, nowMs: number) {
    this.limit = new RateLimit(packetsPerSecond, packetsPerSecond, nowMs)
  }

  counters(): RawIpCounters {
    const { received, dropped, sent, sendFailed } = this
    return { received, dropped, sent, sendFailed }
  }
}

class RawIpActor implements ActorInstance<RawIpMessage> {
  readonly control: RawIpControl = { describe: () => this.#describe() }
  readonly #context: ActorContext<RawIpPeers>
  readonly #options: RawIpOptions
  readonly #port: RawIpPort
  readonly #traffic: { readonly [Protocol in IpProtocol]: Traffic }
  #state: SocketsState = initialSockets
  #cancelReopen = (): void => undefined
  #stopped = false

  constructor(context: ActorContext<RawIpPeers>, options: RawIpOptions, port: RawIpPort) {
    this.#context = context
    this.#options = options
    this.#port = port
    const nowMs = context.clock.nowMs()
    this.#traffic = {
      112: new Traffic(RECEIVERS[112].packetsPerSecond, nowMs),
      253: new Traffic(RECEIVERS[253].packetsPerSecond, nowMs),
    }
  }

  start(): void {
    const opened = this.#open()
    if (!opened.ok && HOPELESS.has(opened.code)) throw Object.assign(new Error(opened.reason), { code: opened.code })
    this.#take(openEvent(opened))
  }

  receive(message: RawIpMessage, from: string, reply?: (value: unknown) => void): void {
    switch (message.type) {
      case 'send':
        this.#send(message, from)
        return
      case 'drain':
        this.#port.drain().then((packets) => reply?.({ packets }))
        return
      default:
        message satisfies never
    }
  }

  stop(): void {
    this.#stopped = true
    this.#cancelReopen()
    this.#port.close()
  }

  #send(message: Extract<RawIpMessage, { type: 'send' }>, from: string): void {
    const { protocol, destination, payload, confirm } = message
    // The time before the kernel has the packet: a lease that is counted from it never outlasts what the packet promised,
    // not even when this process is stopped before it learns that the packet has left.
    const atMs = this.#context.clock.nowMs()
    this.#port.send(protocol, destination, payload).then((result) => {
      if (this.#stopped) return
      this.#countSend(protocol, result)
      if (confirm === undefined || !isReceiver(from)) return
      const outcome: RawIpDelivery = result.ok
        ? { type: 'sent', confirm, atMs }
        : { type: 'sendFailed', confirm, reason: result.reason }
      this.#context.send(from, outcome)
    })
  }

  #countSend(protocol: IpProtocol, result: Result): void {
    const traffic = this.#traffic[protocol]
    traffic.lastSendFailure = result.ok ? null : result.reason
    if (result.ok) {
      traffic.sent += 1
      this.#take({ type: 'worked' })
    } else {
      traffic.sendFailed += 1
      if (SOCKETS_ARE_LOST.has(result.code)) this.#take({ type: 'lost', reason: result.reason })
    }
  }

  #receivePacket(protocol: IpProtocol, packet: Uint8Array): void {
    const receivedAtMs = this.#context.clock.nowMs()
    const traffic = this.#traffic[protocol]
    traffic.received += 1
    if (!traffic.limit.take(receivedAtMs)) {
      this.#drop(protocol, traffic, receivedAtMs)
      return
    }
    this.#take({ type: 'worked' })
    this.#context.send(RECEIVERS[protocol].peer, { type: 'packet', protocol, packet, receivedAtMs })
  }

  #drop(protocol: IpProtocol, traffic: Traffic, nowMs: number): void {
    traffic.dropped += 1
    if (nowMs - traffic.floodNoticedAtMs < FLOOD_NOTICE_MS) return
    traffic.floodNoticedAtMs = nowMs
    this.#context.log('warn', floodText(protocol), { dropped: traffic.dropped })
  }

  #open(): Result {
    const { interfaceName, sourceAddress } = this.#options
    return this.#port.open(interfaceName, sourceAddress, {
      packet: (protocol, packet) => this.#receivePacket(protocol, packet),
      error: (_protocol, reason) => this.#take({ type: 'lost', reason }),
    })
  }

  #take(event: SocketsEvent): void {
    if (this.#stopped) return
    const { state, effects } = stepSockets(this.#state, event)
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: SocketsEffect): void {
    switch (effect.type) {
      case 'open':
        this.#take(openEvent(this.#open()))
        return
      case 'close':
        this.#port.close()
        return
      case 'startTimer': {
        const { timer, generation } = effect
        this.#cancelReopen()
        this.#cancelReopen = this.#context.clock.setTimer(effect.delayMs, () =>
          this.#take({ type: 'timerExpired', timer, generation }),
        )
        return
      }
      case 'log':
        this.#context.log(effect.level, effect.line, effect.fields)
        return
      default:
        effect satisfies never
    }
  }

  #describe(): RawIpStatus {
    const { open, reopened, lastFailure } = this.#state
    const warnings = open ? [] : [`raw sockets are closed: ${lastFailure}`]
    const nowMs = this.#context.clock.nowMs()
    for (const protocol of [112, 253] as const) {
      const { floodNoticedAtMs, lastSendFailure } = this.#traffic[protocol]
      if (nowMs - floodNoticedAtMs < FLOOD_NOTICE_MS) warnings.push(floodText(protocol))
      if (open && lastSendFailure) warnings.push(`IP protocol ${protocol} cannot be sent: ${lastSendFailure}`)
    }
    const counters = { 112: this.#traffic[112].counters(), 253: this.#traffic[253].counters() }
    return { open, reopened, counters, warnings }
  }
}

function openEvent(opened: { readonly ok: true } | Refusal): SocketsEvent {
  return opened.ok ? { type: 'opened' } : { type: 'openFailed', reason: opened.reason }
}

function isReceiver(peer: string): peer is keyof RawIpPeers {
  return peer === 'elector' || peer === 'discovery'
}

function floodText(protocol: IpProtocol): string {
  const { packetsPerSecond } = RECEIVERS[protocol]
  return `more than ${packetsPerSecond} packets/s of IP protocol ${protocol} arrive: dropping what is beyond`
}
