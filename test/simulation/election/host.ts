import type { ElectorOptions } from '../../../actors/elector/options.ts'
import type { NetworkInterface } from '../../../runtime/ports/netlink/netlink.ts'
import type { Dice } from './dice.ts'
import { GatewayProcess } from './gateway-process.ts'
import type { Machines } from './machines.ts'
import type { Subnet } from './subnet.ts'

export const INTERFACE = 'eth0'
export const PREFIX_LENGTH = 24

/** The kernel removes an address later than it was told to by up to this, ms (measured, docs/decisions/01-vip-lease.md). */
export const KERNEL_LATE_MS = 400

/** How the host's scheduler treats its processes. All of it may change at any time. */
export interface Pace {
  /** Timers fire late by up to this, ms. */
  timerLateMs: number
  /** From one thread of the process to another, ms. */
  messageMs: number
  /** For how long a packet may wait in its socket before the main thread looks, ms; 0 = it looks at once. */
  readMs: number
}

/** What a host that has nothing else to do is like. */
export const EASY_PACE: Readonly<Pace> = { timerLateMs: 3, messageMs: 0.1, readMs: 0 }

/**
 * One machine: its kernel, with a clock that is a little wrong, and the gateway that runs on it, or does not. What the
 * kernel has it keeps when the gateway dies: the virtual address until its lifetime ends.
 */
export class Host {
  readonly subnet: Subnet
  readonly dice: Dice
  readonly options: ElectorOptions
  readonly machines: Machines
  readonly mac: string
  /** Who has the same number hears each other. */
  island = 0
  /** Packets of this host do not get out: the kernel refuses them. */
  mute = false
  readonly pace: Pace = { ...EASY_PACE }
  /** The slowest that it has ever been: a timer that was set then may still be late. */
  readonly slowest: Pace = { ...EASY_PACE }
  gateway: GatewayProcess | undefined
  /** When the kernel lets go of the virtual address, world time; in the past where it has none. */
  heldUntilMs = Number.NEGATIVE_INFINITY
  /** When the address was last put there or renewed. */
  putAtMs = Number.NEGATIVE_INFINITY
  /** When an advert was last seen to leave, world time. */
  leftAtMs = Number.NEGATIVE_INFINITY
  readonly #rate: number
  readonly #offsetMs: number

  /** `driftPpm`: by how much its clock is too fast. No two hosts' clocks have a common start. */
  constructor(subnet: Subnet, dice: Dice, options: ElectorOptions, machines: Machines, driftPpm: number) {
    this.subnet = subnet
    this.dice = dice
    this.options = options
    this.machines = machines
    this.mac = `02:00:00:00:00:${options.primaryAddress.split('.')[3]!.padStart(2, '0')}`
    this.#rate = 1 + driftPpm / 1e6
    this.#offsetMs = dice.between(0, 1e9)
  }

  /** The monotonic clock as this host sees it. */
  nowMs(): number {
    return this.#offsetMs + this.subnet.clock.nowMs() * this.#rate
  }

  /** How long a span of this host's clock lasts in the world. */
  worldMs(spanMs: number): number {
    return spanMs / this.#rate
  }

  /** Does the kernel answer for the virtual address at that moment? */
  holds(atMs = this.subnet.clock.nowMs()): boolean {
    return atMs < this.heldUntilMs
  }

  setPace(pace: Pace): void {
    Object.assign(this.pace, pace)
    this.slowest.timerLateMs = Math.max(this.slowest.timerLateMs, pace.timerLateMs)
    this.slowest.messageMs = Math.max(this.slowest.messageMs, pace.messageMs)
  }

  get isRunning(): boolean {
    return this.gateway?.isRunning ?? false
  }

  start(): void {
    if (this.gateway !== undefined) return
    this.gateway = new GatewayProcess(this)
    this.gateway.start()
  }

  /** kill -9. */
  kill(): void {
    this.gateway?.end()
    this.gateway = undefined
  }

  /** SIGTERM: rule 19, then the end. One that stands still does not hear it, and is killed. */
  shutDown(): void {
    if (this.isRunning) this.gateway?.shutDown()
    else this.kill()
  }

  readInterface(): NetworkInterface {
    const own = {
      family: 4,
      address: this.options.primaryAddress,
      prefixLength: PREFIX_LENGTH,
      validLifetimeS: null,
    } as const
    const addresses = this.holds()
      ? this.options.virtualIps.map((address) => ({ ...own, address, validLifetimeS: 2 }))
      : []
    return { index: 2, name: INTERFACE, mac: this.mac, mtu: 1500, up: true, addresses: [own, ...addresses] }
  }

  putAddress(validLifetimeS: number): void {
    this.putAtMs = this.subnet.clock.nowMs()
    this.heldUntilMs = this.putAtMs + this.worldMs(validLifetimeS * 1000) + this.dice.between(10, KERNEL_LATE_MS)
  }

  removeAddress(): void {
    this.heldUntilMs = Number.NEGATIVE_INFINITY
  }
}
