import type { ActorContext, ActorInstance, StartActor } from '../../runtime/actor-system/actor.ts'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { IpProtocol, RawIpPort } from '../../runtime/ports/raw-ip/raw-ip.ts'
import { type Result, refused } from '../../runtime/ports/result.ts'
import { type AddressFamily, familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { AdvertAdmission } from './admission.ts'
import { BeaconAdmission, type BeaconRules } from './beacon-admission.ts'
import { type Admitted, BUDGETS } from './budgets.ts'
import type { RawIpPeers } from './machine.ts'
import {
  DRAIN_AHEAD_MAX_MS,
  type Drained,
  type DrainMessage,
  type RawIpControl,
  type RawIpCounters,
  type RawIpDelivery,
  type RawIpMessage,
  type RawIpStatus,
  type SendMessage,
} from './messages.ts'
import { electorFor, type VrrpRoute } from './routing.ts'
import { Sockets } from './sockets.ts'

export interface RawIpOptions {
  readonly interfaceName: string
  /** The node's own address on it: what every packet is sent from. */
  readonly sourceAddress: string
  /** Its link-local address, where it speaks VRRP over IPv6. */
  readonly ipv6SourceAddress?: string
  /** This node's virtual routers; adverts of a family that none of them has concern nobody. */
  readonly routes: readonly VrrpRoute[]
  /** What the beacons of this node's group are like. */
  readonly beacons: BeaconRules
}

export interface RawIpPorts {
  readonly rawIp: RawIpPort
  /** Of IPv6; used where there is an `ipv6SourceAddress`. */
  readonly rawIpv6?: RawIpPort
}

/** A send that ends so has met sockets whose interface is gone: it will not come back to them. */
const SOCKETS_ARE_LOST: ReadonlySet<string> = new Set(['ENODEV', 'ENXIO', 'ENETDOWN', 'EBADF'])
const NO_SUCH_SOCKETS = refused('EAFNOSUPPORT', 'there are no raw sockets of that address family')
/** While beacons are lost discovery is told so at most once in so long. */
const LOST_NOTICE_MS = 250
/** A flood is logged, and warned of in the status, at most and at least for so long. */
const FLOOD_NOTICE_MS = 10_000

/**
 * The raw sockets of a gateway, on the main thread: packets in to the electors (112) and discovery (253), payloads out.
 * Throws at start where raw sockets are not permitted; an interface that is not there (any more) is waited for.
 */
export const startRawIp: StartActor<RawIpOptions, RawIpPorts, RawIpMessage, RawIpPeers> = (context, options, ports) => {
  const actor = new RawIpActor(context, options, ports)
  try {
    actor.start()
  } catch (error) {
    // The sockets of one family may be open already.
    actor.stop()
    throw error
  }
  return actor
}

/** What is counted and bounded for one protocol. */
class Traffic {
  readonly admission: { admit(packet: Uint8Array, nowMs: number): Admitted }
  received = 0
  dropped = 0
  sent = 0
  sendFailed = 0
  floodNoticedAtMs = Number.NEGATIVE_INFINITY
  lastSendFailure: string | null = null

  constructor(admission: Traffic['admission']) {
    this.admission = admission
  }

  counters(overflowed: number): RawIpCounters {
    const { received, dropped, sent, sendFailed } = this
    return { received, dropped, overflowed, sent, sendFailed }
  }
}

class RawIpActor implements ActorInstance<RawIpMessage, RawIpOptions> {
  readonly control: RawIpControl = { describe: () => this.#describe() }
  readonly #context: ActorContext<RawIpPeers>
  #routes: readonly VrrpRoute[]
  readonly #sockets: ReadonlyMap<AddressFamily, Sockets>
  readonly #traffic: { readonly [Protocol in IpProtocol]: Traffic }
  /** Packets for each receiver, whatever became of them. */
  readonly #arrived = new Map<string, number>()
  readonly #beacons: BeaconAdmission
  /** Beacons that were dropped and may have been right, those that the kernel had no room for included. */
  #lost = { admission: 0, told: 0, lookedAtMs: Number.NEGATIVE_INFINITY }
  #stopped = false

  constructor(context: ActorContext<RawIpPeers>, options: RawIpOptions, ports: RawIpPorts) {
    this.#context = context
    this.#routes = options.routes
    this.#sockets = this.#socketsOf(options, ports)
    const nowMs = context.clock.nowMs()
    this.#beacons = new BeaconAdmission(options.beacons, nowMs)
    this.#traffic = { 112: new Traffic(new AdvertAdmission(nowMs)), 253: new Traffic(this.#beacons) }
  }

  start(): void {
    for (const sockets of this.#sockets.values()) sockets.start()
  }

  #socketsOf(options: RawIpOptions, { rawIp, rawIpv6 }: RawIpPorts): ReadonlyMap<AddressFamily, Sockets> {
    const { interfaceName, sourceAddress, ipv6SourceAddress } = options
    const socketsOf = (family: AddressFamily, port: RawIpPort, source: string, title: string) => {
      const log = this.#context.log.bind(this.#context)
      const packet = (protocol: IpProtocol, bytes: Uint8Array): void => this.#receivePacket(family, protocol, bytes)
      const reopened = (): void => {
        for (const route of this.#routes) {
          if (route.family === family) this.#context.send(route.elector, { type: 'socketsReopened' })
        }
      }
      const place = { port, interfaceName, sourceAddress: source, title }
      const { clock, guard } = this.#context
      return [family, new Sockets(place, { clock, packet, reopened, log, guard })] as const
    }
    const sockets = [socketsOf('ipv4', rawIp, sourceAddress, 'raw sockets')]
    if (rawIpv6 !== undefined && ipv6SourceAddress !== undefined) {
      sockets.push(socketsOf('ipv6', rawIpv6, ipv6SourceAddress, 'raw IPv6 sockets'))
    }
    return new Map(sockets)
  }

  receive(message: RawIpMessage, from: string, reply?: (value: unknown) => void): void {
    switch (message.type) {
      case 'send':
        this.#send(message, from)
        return
      case 'drain':
        this.#drain(message, from).then(...this.#guarded((drained) => reply?.(drained)))
        return
      case 'knownNodes':
        this.#beacons.know(new Map(message.nodes.map(({ address, epoch }) => [address, epoch])))
        return
      case 'interfaceChanged':
        for (const sockets of this.#sockets.values()) sockets.take({ type: 'interfaceChanged' })
        return
      default:
        message satisfies never
    }
  }

  configure({ sourceAddress, ipv6SourceAddress, routes, beacons }: RawIpOptions): void {
    this.#routes = routes
    this.#beacons.follow(beacons)
    this.#sockets.get('ipv4')?.moveTo(sourceAddress)
    if (ipv6SourceAddress !== undefined) this.#sockets.get('ipv6')?.moveTo(ipv6SourceAddress)
  }

  stop(): void {
    this.#stopped = true
    for (const sockets of this.#sockets.values()) sockets.stop()
  }

  async #drain({ untilMs, whenSilent, beforeMs, heard }: DrainMessage, from: string): Promise<Drained> {
    const { clock } = this.#context
    const latestMs = Math.min(untilMs, clock.nowMs() + DRAIN_AHEAD_MAX_MS)
    // Not by a timer, which counts whole milliseconds.
    while (clock.nowMs() < latestMs) await new Promise((resolve) => setImmediate(resolve))
    const packets = await Promise.all([...this.#sockets.values()].map(({ port }) => port.drain()))
    const asking = this.#routes.filter(({ elector }) => elector === from)
    const deaf = asking.some(({ family }) => this.#sockets.get(family)?.state.open !== true)
    const isSilent = !deaf && (this.#arrived.get(from) ?? 0) === heard
    const sent = isSilent && whenSilent.length > 0 && !this.#stopped && clock.nowMs() < beforeMs
    if (sent) for (const message of whenSilent) this.#send(message, from)
    return { packets: packets.reduce((sum, count) => sum + count, 0), deaf, sent }
  }

  #send(message: SendMessage, from: string): void {
    const { protocol, destination, payload, confirm } = message
    // The time before the kernel has the packet: a lease that is counted from it never outlasts what the packet promised,
    // not even when this process is stopped before it learns that the packet has left.
    const atMs = this.#context.clock.nowMs()
    const sockets = this.#sockets.get(familyOf(destination))
    const sending = sockets?.port.send(protocol, destination, payload) ?? Promise.resolve(NO_SUCH_SOCKETS)
    const sent = (result: Result): void => {
      if (this.#stopped) return
      this.#countSend(protocol, result, sockets)
      if (confirm === undefined || !this.#isReceiver(from)) return
      const outcome: RawIpDelivery = result.ok
        ? { type: 'sent', confirm, atMs }
        : { type: 'sendFailed', confirm, reason: result.reason }
      this.#context.send(from, outcome)
    }
    sending.then(...this.#guarded(sent))
  }

  /** For a promise: what takes its value, and the crash where it has none. */
  #guarded<Value>(take: (value: Value) => void) {
    const { guard } = this.#context
    const fail = (error: unknown): void => {
      throw error
    }
    return [guard(take), guard(fail)] as const
  }

  #isReceiver(peer: string): peer is keyof RawIpPeers {
    return peer === 'discovery' || this.#routes.some(({ elector }) => elector === peer)
  }

  #countSend(protocol: IpProtocol, result: Result, sockets: Sockets | undefined): void {
    const traffic = this.#traffic[protocol]
    traffic.lastSendFailure = result.ok ? null : result.reason
    if (result.ok) {
      traffic.sent += 1
      sockets?.take({ type: 'worked' })
    } else {
      traffic.sendFailed += 1
      if (SOCKETS_ARE_LOST.has(result.code)) sockets?.take({ type: 'lost', reason: result.reason })
    }
  }

  #receivePacket(family: AddressFamily, protocol: IpProtocol, packet: Uint8Array): void {
    const receiver = protocol === 253 ? 'discovery' : electorFor(this.#routes, family, packet)
    if (receiver === undefined) return
    const serial = (this.#arrived.get(receiver) ?? 0) + 1
    this.#arrived.set(receiver, serial)
    const receivedAtMs = this.#context.clock.nowMs()
    const traffic = this.#traffic[protocol]
    traffic.received += 1
    const admitted = traffic.admission.admit(packet, receivedAtMs)
    if (protocol === 253) this.#tellLost(admitted, receivedAtMs)
    if (admitted !== 'passed') {
      this.#drop(protocol, traffic, receivedAtMs)
      return
    }
    this.#context.send(receiver, { type: 'packet', protocol, packet, receivedAtMs, serial })
  }

  /** A silence means less while beacons are lost. */
  #tellLost(admitted: Admitted, nowMs: number): void {
    if (admitted === 'lost') this.#lost.admission += 1
    if (nowMs - this.#lost.lookedAtMs < LOST_NOTICE_MS) return
    this.#lost.lookedAtMs = nowMs
    const lost = this.#lost.admission + this.#overflowed(253)
    // Sockets that were opened anew have lost nothing yet.
    if (lost > this.#lost.told) this.#context.send('discovery', { type: 'beaconsLost' })
    this.#lost.told = lost
  }

  #overflowed(protocol: IpProtocol): number {
    return [...this.#sockets.values()].reduce((sum, { port }) => sum + port.overflowed(protocol), 0)
  }

  #drop(protocol: IpProtocol, traffic: Traffic, nowMs: number): void {
    traffic.dropped += 1
    if (nowMs - traffic.floodNoticedAtMs < FLOOD_NOTICE_MS) return
    traffic.floodNoticedAtMs = nowMs
    this.#context.log('warn', floodText(protocol), { dropped: traffic.dropped })
  }

  #describe(): RawIpStatus {
    const states = [...this.#sockets.values()].map(({ state }) => state)
    const open = states.every((state) => state.open)
    const reopened = states.reduce((sum, state) => sum + state.reopened, 0)
    const warnings = states.flatMap(({ open, title, lastFailure }) =>
      open ? [] : [warning('sockets-closed', title, `${title} are closed: ${lastFailure}`)],
    )
    const nowMs = this.#context.clock.nowMs()
    for (const protocol of [112, 253] as const) {
      const { floodNoticedAtMs, lastSendFailure } = this.#traffic[protocol]
      const about = `protocol ${protocol}`
      if (nowMs - floodNoticedAtMs < FLOOD_NOTICE_MS) warnings.push(warning('flood', about, floodText(protocol)))
      if (open && lastSendFailure) {
        const text = `IP protocol ${protocol} cannot be sent: ${lastSendFailure}`
        warnings.push(warning('packets-not-sent', about, text))
      }
    }
    const countersOf = (protocol: IpProtocol): RawIpCounters =>
      this.#traffic[protocol].counters(this.#overflowed(protocol))
    const counters = { 112: countersOf(112), 253: countersOf(253) }
    return { open, reopened, counters, warnings }
  }
}

function floodText(protocol: IpProtocol): string {
  const { right, wrong } = BUDGETS[protocol]
  return `more than ${right} packets/s of IP protocol ${protocol}, or ${wrong} malformed ones, arrive: dropping what is beyond`
}
