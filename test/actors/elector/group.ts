import { stepAnnouncer } from '../../../actors/announcer/machine.ts'
import { type AnnouncerEffect, type AnnouncerEvent, initialAnnouncer } from '../../../actors/announcer/state.ts'
import { stepElector } from '../../../actors/elector/machine.ts'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { type ElectorEffect, type ElectorEvent, initialElector } from '../../../actors/elector/state.ts'
import { emitIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { Timers } from '../../fakes/timers.ts'
import { DEFAULT_GARP } from '../announcer/bench.ts'
import { VIP } from './bench.ts'

const MESSAGE_MS = 0.05
const WIRE_MS = 0.2
const PREFIX = 24

/** A subnet of gateways, each an elector and an announcer over a kernel in memory, all on one clock. */
export class Group {
  readonly clock = new FakeClock(1000)
  readonly nodes: Node[] = []
  /** Times at which more than one reachable node held the VIP, ms in all. */
  overlapMs = 0
  /** Times at which no node held it, the longest, ms, since `watchGaps`. */
  longestGapMs = 0
  #gapSinceMs: number | undefined
  #watching = false

  add(options: ElectorOptions): Node {
    const node = new Node(this, options)
    this.nodes.push(node)
    return node
  }

  /** All that hold the VIP by their kernel and can be reached. */
  holders(): Node[] {
    return this.nodes.filter((node) => node.linked && node.holds())
  }

  masters(): Node[] {
    return this.nodes.filter((node) => node.alive && node.elector.phase.label === 'MASTER')
  }

  watchGaps(): void {
    this.#watching = true
    this.longestGapMs = 0
  }

  /** Lets time go by event by event, and looks at who holds after each. */
  advance(ms: number): void {
    const untilMs = this.clock.nowMs() + ms
    for (let beforeMs = this.clock.nowMs(); this.clock.nowMs() < untilMs; beforeMs = this.clock.nowMs()) {
      const several = this.holders().length > 1
      if (!this.clock.fireNext(untilMs)) this.clock.jumpTo(untilMs)
      if (several) this.overlapMs += this.clock.nowMs() - beforeMs
      this.#look()
    }
  }

  carry(from: Node, packet: Uint8Array): void {
    for (const node of this.nodes) {
      if (node !== from) this.clock.setTimer(WIRE_MS, () => node.linked && from.linked && node.arrive(packet))
    }
  }

  #look(): void {
    if (!this.#watching) return
    const nowMs = this.clock.nowMs()
    if (this.holders().length > 0) {
      this.#gapSinceMs = undefined
      return
    }
    this.#gapSinceMs ??= nowMs
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#gapSinceMs)
  }
}

/** One gateway. Stopped (SIGSTOP), its kernel goes on: addresses expire, packets queue up, timers become overdue. */
export class Node {
  elector
  announcer
  readonly kernel: FakeNetlink
  readonly sentAtMs: number[] = []
  alive = true
  linked = true
  readonly #group: Group
  readonly #timers: Timers
  #stopped = false
  #overdue: (() => void)[] = []
  #underWay: (() => void)[] = []
  #queued: Uint8Array[] = []
  #heard = 0

  constructor(group: Group, options: ElectorOptions) {
    this.#group = group
    this.#timers = new Timers((delayMs, fire) =>
      group.clock.setTimer(delayMs, () => {
        if (this.#stopped) this.#overdue.push(fire)
        else fire()
      }),
    )
    this.elector = initialElector(options)
    const virtualIps = [{ address: VIP, prefixLength: PREFIX }]
    this.announcer = initialAnnouncer({
      interfaceName: 'eth0',
      virtualIps,
      virtualRouterId: 51,
      garp: DEFAULT_GARP,
      forwardedBy: null,
      keptAfterLeaseMs: 0,
    })
    this.kernel = new FakeNetlink(group.clock)
    this.kernel.addInterface('eth0', '02:00:00:00:00:01', [`${options.primaryAddress}/${PREFIX}`])
  }

  holds(): boolean {
    return this.kernel.addressesOf('eth0').includes(`${VIP}/${PREFIX}`)
  }

  start(): this {
    this.announce({ type: 'start' })
    this.elect({ type: 'start' })
    return this
  }

  /** kill -9: the kernel keeps what it has until its lifetime ends. */
  kill(): void {
    this.alive = false
  }

  stop(): void {
    this.#stopped = true
  }

  /** Timers first, for that is what an event loop does; then what was queued in the kernel; then messages between threads. */
  resume(): void {
    this.#stopped = false
    const [overdue, queued, underWay] = [this.#overdue, this.#queued, this.#underWay]
    this.#overdue = []
    this.#queued = []
    this.#underWay = []
    for (const fire of overdue) fire()
    for (const packet of queued) this.arrive(packet)
    for (const deliver of underWay) deliver()
  }

  arrive(packet: Uint8Array): void {
    if (!this.alive) return
    if (this.#stopped) this.#queued.push(packet)
    else this.elect({ type: 'packet', protocol: 112, packet, receivedAtMs: this.#nowMs(), serial: ++this.#heard })
  }

  elect(event: ElectorEvent): void {
    if (!this.alive) return
    const { state, effects } = stepElector(this.elector, event, this.#nowMs())
    this.elector = state
    for (const effect of effects) this.#performElector(effect)
  }

  announce(event: AnnouncerEvent): void {
    if (!this.alive) return
    const { state, effects } = stepAnnouncer(this.announcer, event, this.#nowMs())
    this.announcer = state
    for (const effect of effects) this.#performAnnouncer(effect)
  }

  #nowMs(): number {
    return this.#group.clock.nowMs()
  }

  #message(deliver: () => void): void {
    this.#group.clock.setTimer(MESSAGE_MS, () => {
      if (this.#stopped) this.#underWay.push(deliver)
      else deliver()
    })
  }

  #performElector(effect: ElectorEffect): void {
    switch (effect.type) {
      case 'startTimer':
      case 'cancelTimer':
        this.#timers.perform(effect, (expiry) => this.elect(expiry))
        return
      case 'drain': {
        const { number, confirm, adverts } = effect
        const heard = this.#heard
        this.#message(() => {
          const isSilent = this.#heard === heard && this.#queued.length === 0
          this.#message(() => this.elect({ type: 'drained', number, ...(isSilent ? { confirm } : {}) }))
          if (isSilent) for (const { payload } of adverts) this.#transmit(payload, confirm)
        })
        return
      }
      case 'send':
        if (effect.to === 'announcer') {
          const { message } = effect
          this.#message(() => this.announce(message))
        } else if (effect.to === 'raw-ip' && effect.message.type === 'send') {
          const { message } = effect
          this.#message(() => this.#transmit(message.payload, message.confirm))
        }
        return
      case 'log':
      case 'happened':
      case 'retired':
        return
      default:
        effect satisfies never
    }
  }

  #transmit(payload: Uint8Array, confirm: number | undefined): void {
    if (!this.alive) return
    const atMs = this.#nowMs()
    this.sentAtMs.push(atMs)
    const source = this.elector.options.primaryAddress
    this.#group.carry(this, emitIpv4Packet({ source, destination: '224.0.0.18', protocol: 112, ttl: 255, payload }))
    if (confirm !== undefined) this.#message(() => this.elect({ type: 'sent', confirm, atMs }))
  }

  #performAnnouncer(effect: AnnouncerEffect): void {
    switch (effect.type) {
      case 'startTimer':
      case 'cancelTimer':
        this.#timers.perform(effect, (expiry) => this.announce(expiry))
        return
      case 'send': {
        const { message } = effect
        this.#message(() => this.elect(message))
        return
      }
      case 'readInterface':
        this.announce({ type: 'interfaceRead', result: this.kernel.interfaceByName('eth0') })
        return
      case 'putAddresses':
        for (const address of effect.addresses) this.kernel.putAddress({ ...effect, ...address })
        this.announce({ type: 'addressesPut', refusals: [] })
        return
      case 'removeAddresses':
        for (const address of effect.addresses) this.kernel.removeAddress({ ...effect, ...address })
        return
      case 'sendGratuitousArp':
      case 'resetConnections':
      case 'stopped':
      case 'log':
        return
      default:
        effect satisfies never
    }
  }
}
