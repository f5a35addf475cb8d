import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { Random } from '../../runtime/ports/host/random.ts'
import type { IpProtocol, RawIpListener, RawIpPort } from '../../runtime/ports/raw-ip/raw-ip.ts'
import { done, type Refusal, type Result, refused } from '../../runtime/ports/result.ts'
import { addressBytes, familyOf } from '../../runtime/wire/ip-address-bytes.ts'
import { emitIpv4Packet } from '../../runtime/wire/ipv4.ts'
import { emitIpv6Packet } from '../../runtime/wire/ipv6.ts'

const VRRP_GROUPS: ReadonlySet<string> = new Set(['224.0.0.18', 'ff02::12'])
const BROADCAST = '255.255.255.255'
const PAYLOAD_BYTES_MAX = 1480
/** What finds no room in a receive queue is lost, as in the kernel. */
const RECEIVE_QUEUE_PACKETS = 10_000

interface Arrival {
  readonly protocol: IpProtocol
  readonly packet: Uint8Array
}

/** How the subnet treats packets; every value may change at any time. */
export interface SubnetWeather {
  /** Milliseconds from sender to receiver. */
  delayMs: number
  /** A random part on top, 0..jitterMs; packets may then overtake each other. */
  jitterMs: number
  /** Share of deliveries that are lost, 0..1, each receiver's by itself. */
  loss: number
}

/**
 * A switch with gateways around it. It delivers as the kernel and a switch do: 224.0.0.18 (ff02::12) to every other member,
 * 255.255.255.255 to every member and back to the sender too, an address to whoever opened its port with it. Chance and
 * time are those that are injected, so a run can be repeated.
 */
export class FakeSubnet {
  readonly weather: SubnetWeather
  readonly #clock: Clock
  readonly #random: Random
  readonly #members = new Set<FakeRawIpPort>()
  #islands: readonly (readonly string[])[] = []

  constructor(clock: Clock, random: Random, weather: Partial<SubnetWeather> = {}) {
    this.#clock = clock
    this.#random = random
    this.weather = { delayMs: 0.1, jitterMs: 0, loss: 0, ...weather }
  }

  /** A port that takes part in this subnet once it is opened. */
  createPort(): FakeRawIpPort {
    return new FakeRawIpPort(this, this.#clock)
  }

  /** From now on only members (by address) of one island hear each other; who is on none is alone. */
  partition(...islands: readonly (readonly string[])[]): void {
    this.#islands = islands
  }

  /** Everybody hears everybody again. */
  heal(): void {
    this.#islands = []
  }

  join(member: FakeRawIpPort): void {
    this.#members.add(member)
  }

  leave(member: FakeRawIpPort): void {
    this.#members.delete(member)
  }

  carry(sender: FakeRawIpPort, protocol: IpProtocol, destination: string, packet: Uint8Array): void {
    for (const receiver of this.#members) {
      if (!this.#isFor(sender, receiver, destination) || !this.#hears(sender.address, receiver.address)) continue
      if (this.#chance() < this.weather.loss) continue
      const delayMs = receiver === sender ? 0 : this.weather.delayMs + this.#chance() * this.weather.jitterMs
      this.#clock.setTimer(delayMs, () => {
        // The link is asked again: what was under way when the cable was pulled does not arrive.
        if (this.#members.has(receiver)) receiver.arrive(protocol, Uint8Array.from(packet))
      })
    }
  }

  #isFor(sender: FakeRawIpPort, receiver: FakeRawIpPort, destination: string): boolean {
    if (familyOf(destination) !== familyOf(receiver.address)) return false
    if (destination === BROADCAST) return true
    return receiver !== sender && (VRRP_GROUPS.has(destination) || destination === receiver.address)
  }

  #hears(from: string, to: string): boolean {
    if (from === to || this.#islands.length === 0) return true
    return this.#islands.some((island) => island.includes(from) && island.includes(to))
  }

  #chance(): number {
    return this.#random.uint32() / 2 ** 32
  }
}

/** One gateway's raw sockets on a `FakeSubnet`. */
export class FakeRawIpPort implements RawIpPort {
  readonly #subnet: FakeSubnet
  readonly #clock: Clock
  #address = ''
  #listener: RawIpListener | undefined
  #queue: Arrival[] = []
  readonly #overflowed = { 112: 0, 253: 0 }
  #isStalled = false
  #refusal: Refusal | undefined

  constructor(subnet: FakeSubnet, clock: Clock) {
    this.#subnet = subnet
    this.#clock = clock
  }

  /** What the port was opened with; empty while it is closed. */
  get address(): string {
    return this.#address
  }

  open(_interfaceName: string, sourceAddress: string, listener: RawIpListener): Result {
    this.close()
    if (this.#refusal) return this.#refusal
    if (addressBytes(sourceAddress) === undefined) return refused('EIO', `${sourceAddress} is no IP address`)
    this.#address = sourceAddress
    this.#listener = listener
    this.#subnet.join(this)
    return done
  }

  async send(protocol: IpProtocol, destination: string, payload: Uint8Array): Promise<Result> {
    if (this.#refusal) return this.#refusal
    if (!this.#listener) return refused('EBADF', 'raw socket: not open')
    if (payload.length > PAYLOAD_BYTES_MAX) return refused('EMSGSIZE', `${payload.length} bytes do not fit a frame`)
    const family = familyOf(this.#address)
    if (addressBytes(destination) === undefined || familyOf(destination) !== family) {
      return refused('EINVAL', `${destination} is no address of ${family}`)
    }
    const header = { source: this.#address, destination, protocol, payload }
    const packet =
      family === 'ipv4' ? emitIpv4Packet({ ...header, ttl: 255 }) : emitIpv6Packet({ ...header, hopLimit: 255 })
    this.#subnet.carry(this, protocol, destination, packet)
    return done
  }

  async drain(): Promise<number> {
    return this.#deliver()
  }

  overflowed(protocol: IpProtocol): number {
    return this.#overflowed[protocol]
  }

  close(): void {
    this.#subnet.leave(this)
    this.#address = ''
    this.#listener = undefined
    this.#queue = []
  }

  /** The interface is gone: nothing can be sent or opened, nothing arrives, until `repair`. */
  fail(refusal: Refusal = refused('ENODEV', 'there is no network interface eth0')): void {
    this.#refusal = refusal
    this.#subnet.leave(this)
  }

  /** The interface is back. As with the kernel, sockets that were open when it went stay deaf: they must be opened again. */
  repair(): void {
    this.#refusal = undefined
  }

  /** The sockets report an error, as raw-socket does when polling fails. */
  raiseError(protocol: IpProtocol, reason: string): void {
    this.#listener?.error(protocol, reason)
  }

  /** The process stops running (SIGSTOP): packets pile up in the kernel. */
  stall(): void {
    this.#isStalled = true
  }

  /** It runs on. What has piled up is delivered by `drain`, or else after the timers that are due by now. */
  resume(): void {
    this.#isStalled = false
    this.#clock.setTimer(0, () => this.#deliver())
  }

  arrive(protocol: IpProtocol, packet: Uint8Array): void {
    if (this.#queue.length >= RECEIVE_QUEUE_PACKETS) {
      this.#overflowed[protocol] += 1
      return
    }
    this.#queue.push({ protocol, packet })
    if (!this.#isStalled) this.#deliver()
  }

  #deliver(): number {
    const arrived = this.#queue
    this.#queue = []
    for (const { protocol, packet } of arrived) this.#listener?.packet(protocol, packet)
    return arrived.length
  }
}
