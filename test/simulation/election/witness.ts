import { leaseMs, masterDownMs } from '../../../actors/elector/intervals.ts'
import type { ElectorEvent, Phase } from '../../../actors/elector/state.ts'
import { type Host, KERNEL_LATE_MS } from './host.ts'
import { priorityOf } from './packets.ts'
import { FAIR_DELAY_MS, type Observer, type Subnet } from './subnet.ts'

/** What must hold; `ElectionViolation` names which of them did not. */
export type Invariant =
  /** A kernel has the address although the lease that the last advert bought is over. */
  | 'lease'
  /** What the announcer says and what the kernel has differ. */
  | 'truth'
  /** A node has followed a master whose advert its own kernel had received in time. */
  | 'trust'
  /** An island is without director longer than the bound. */
  | 'someDirector'
  /** An island has several, other than for the moment of a hand-over. */
  | 'oneDirector'
  /** A node that is entitled to preempt has not. */
  | 'highestLeads'
  /** A client knows another than the director. */
  | 'clientArp'

export class ElectionViolation extends Error {
  readonly invariant: Invariant

  constructor(invariant: Invariant, atMs: number, what: string) {
    super(`${invariant}, at ${(atMs / 1000).toFixed(3)} s: ${what}`)
    this.name = 'ElectionViolation'
    this.invariant = invariant
  }
}

const OWNER = 255
/** Kernel lifetimes are whole seconds, rounded, and two at least. */
const LIFETIME_ROUNDING_MS = 500
const LEAST_LIFETIME_MS = 2000
/** Two directors in fair weather: the advert of the one is on its way, and then the message to the other's announcer. */
const HAND_OVER_MS = 2 * FAIR_DELAY_MS + 5
/** For threads, drains and lateness, in a bound that counts in intervals. */
const SLACK_MS = 100
/** The last repetition of gratuitous ARP, for clients that took no notice of the first. */
const LAST_ARP_MS = 2600

/** When adverts that speak for a master reached a kernel, its clock: the last few of them, the newest last. */
type Heard = number[]

/** More masters than nodes cannot speak at one moment. */
const HEARD_KEPT = 8

/**
 * Looks at the world after every event, and throws where an invariant does not hold. The first three hold at every moment,
 * whatever happens; the others where the troubles are over, each after its bound. T = the end of the last trouble,
 * I = advert interval, all of the nodes on one island:
 *
 *     T + 5 I (v2: 4 I + 1 s)        some director, from then on; not two, other than for `HAND_OVER_MS`
 *     + 6 I + preempt delay, hold-off  just one, the highest that preempts; clients know it
 *
 * The first is an interval, in which a master may give up whose adverts had not left, and then Master_Down_Interval.
 */
export class Witness implements Observer {
  readonly someWithinMs: number
  readonly settledWithinMs: number
  /** How often each bounded invariant was looked at, so that nobody takes silence for health. */
  readonly looks = { someDirector: 0, settled: 0, clientArp: 0 }
  /** How often a node became master. */
  takeovers = 0
  #troubledUntilMs = 0
  #troubled = false
  #severalSinceMs: number | undefined
  /** What the islands looked like when they were last looked at: most events change nothing that counts. */
  #seen: number | undefined
  readonly #heard = new Map<Host, Heard>()
  readonly #subnet: Subnet

  constructor(subnet: Subnet) {
    this.#subnet = subnet
    const longest = (of: (host: Host) => number): number => Math.max(...subnet.hosts.map(of))
    const downMs = longest(({ options }) => masterDownMs({ ...options, priority: 0 }, 10 * options.advertIntervalCs))
    const intervalMs = longest(({ options }) => 10 * options.advertIntervalCs)
    this.someWithinMs = intervalMs + downMs + SLACK_MS
    const delayMs = longest(({ options }) => options.preemptDelayMs + options.holdOffMs)
    this.settledWithinMs = this.someWithinMs + downMs + 2 * intervalMs + delayMs + LAST_ARP_MS
  }

  trouble(): void {
    this.#troubled = true
    this.#seen = undefined
  }

  /** The last trouble is over now. */
  calm(): void {
    this.#troubled = false
    this.#troubledUntilMs = this.#subnet.clock.nowMs()
  }

  arrived(host: Host, packet: Uint8Array): void {
    const priority = priorityOf(packet)
    const { options } = host
    if (priority === 0) {
      this.#heard.delete(host)
    } else if (priority >= options.priority || !(options.preempt || options.priority === OWNER)) {
      const nowMs = host.nowMs()
      const heard = this.#heard.get(host) ?? []
      heard.push(nowMs)
      if (heard.length > HEARD_KEPT) heard.shift()
      this.#heard.set(host, heard)
    }
  }

  changed(host: Host, before: Phase['label'], event: ElectorEvent): void {
    if (host.gateway?.elector.phase.label !== 'MASTER') return
    this.takeovers += 1
    const heard = this.#heard.get(host)
    if (before !== 'BACKUP' || event.type === 'start' || heard === undefined) return
    // What arrived after the drain was answered, the machine cannot know of.
    const raceMs = 2 * host.pace.messageMs + 0.01
    const nowMs = host.nowMs()
    const lastMs = heard.findLast((atMs) => nowMs - atMs > raceMs) ?? Number.NEGATIVE_INFINITY
    const silenceMs = nowMs - lastMs
    if (silenceMs < leaseMs(10 * host.options.advertIntervalCs)) {
      this.#fail(
        'trust',
        `${nameOf(host)} became master ${silenceMs.toFixed(3)} ms after it was sent a master's advert`,
      )
    }
  }

  /** Just before the events of that moment: nothing has changed since the last ones but the time. */
  lookBefore(atMs: number): void {
    for (const host of this.#subnet.hosts) if (host.holds(atMs)) this.#lookAtLease(host, atMs)
  }

  look(): void {
    for (const host of this.#subnet.hosts) this.#lookAtTruth(host)
    if (this.#troubled) {
      this.#severalSinceMs = undefined
      return
    }
    const calmForMs = this.#subnet.clock.nowMs() - this.#troubledUntilMs
    if (calmForMs < this.someWithinMs) return
    const picture = this.#picture(calmForMs >= this.settledWithinMs)
    if (picture === this.#seen && this.#severalSinceMs === undefined) return
    this.#seen = picture
    for (const island of new Set(this.#subnet.hosts.map((host) => host.island))) this.#lookAtIsland(island, calmForMs)
  }

  /** From `settledWithinMs` on: what each client knows. Clients of islands without a living node know nothing that counts. */
  lookAtClients(): void {
    for (const client of this.#subnet.clients) {
      const [holder] = this.#subnet.holdersOn(client.island)
      if (holder === undefined || client.mac === undefined) continue
      this.looks.clientArp += 1
      if (client.mac === holder.mac) continue
      this.#fail('clientArp', `a client takes ${client.mac} for the director, which is ${nameOf(holder)}`)
    }
  }

  /** All that `#lookAtIsland` judges, in one number. Who is on which island does not change while it is calm. */
  #picture(isSettled: boolean): number {
    let picture = isSettled ? 1 : 0
    for (const host of this.#subnet.hosts) {
      const phase = host.gateway?.elector.phase
      const lives = phase === undefined ? 0 : phase.label === 'MASTER' ? 1 : isYielding(phase) ? 2 : 3
      picture = picture * 8 + lives * 2 + (host.holds() ? 1 : 0)
    }
    return picture
  }

  #lookAtLease(host: Host, atMs: number): void {
    const leaseEndMs = host.leftAtMs + host.worldMs(leaseMs(10 * host.options.advertIntervalCs))
    if (atMs <= leaseEndMs) return
    const { slowest } = host
    const boundMs = host.isRunning
      ? leaseEndMs + slowest.timerLateMs + 2 * slowest.messageMs + 0.01
      : Math.max(leaseEndMs + LIFETIME_ROUNDING_MS, host.putAtMs + LEAST_LIFETIME_MS) + KERNEL_LATE_MS + 1
    // A runner's announcer may be away for a moment; the kernel's lifetime is what is left then.
    const isFenced = host.gateway?.isUp.announcer ?? false
    if (atMs <= boundMs || (host.isRunning && !isFenced)) return
    const lateMs = (atMs - leaseEndMs).toFixed(3)
    this.#fail('lease', `${nameOf(host)} has the address ${lateMs} ms after its lease`)
  }

  #lookAtTruth(host: Host): void {
    const { gateway } = host
    if (gateway === undefined || !gateway.isRunning || !gateway.isUp.announcer) return
    const { phase } = gateway.announcer
    const says = phase.label === 'HOLDING' || phase.label === 'YIELDING'
    const has = host.holds()
    if (says === has) return
    // The lifetime was rounded down: the kernel may let go a little before the lease ends, which harms nobody.
    const untilMs = phase.label === 'HOLDING' ? phase.leaseUntilMs : host.nowMs()
    if (says && untilMs - host.nowMs() <= LIFETIME_ROUNDING_MS + 1) return
    this.#fail(
      'truth',
      `${nameOf(host)}: the announcer is ${phase.label}, the kernel ${has ? 'has' : 'has not'} the address`,
    )
  }

  #lookAtIsland(island: number, calmForMs: number): void {
    const living = this.#subnet.hosts.filter((host) => host.island === island && host.gateway !== undefined)
    if (living.length === 0) return
    this.looks.someDirector += 1
    const masters = living.filter((host) => host.gateway?.elector.phase.label === 'MASTER')
    if (masters.length === 0) {
      const waits = living.map(nameOf).join(', ')
      this.#fail('someDirector', `none of ${waits} leads ${calmForMs.toFixed(0)} ms after the last trouble`)
    }
    if (calmForMs < this.settledWithinMs) {
      this.#lookAtHandOver(masters)
      return
    }
    this.looks.settled += 1
    const holders = this.#subnet.holdersOn(island)
    const [director] = masters
    if (masters.length > 1 || holders.length !== 1 || holders[0] !== director) {
      this.#fail(
        'oneDirector',
        `masters: ${masters.map(nameOf).join(', ')}; holders: ${holders.map(nameOf).join(', ')}`,
      )
    }
    this.#lookAtRank(director!, living)
  }

  #lookAtHandOver(masters: readonly Host[]): void {
    const nowMs = this.#subnet.clock.nowMs()
    if (masters.length < 2) {
      // Of this island or of another: at worst a hand-over elsewhere hides a moment of this one.
      this.#severalSinceMs = undefined
      return
    }
    this.#severalSinceMs ??= nowMs
    if (nowMs - this.#severalSinceMs <= HAND_OVER_MS) return
    this.#fail('oneDirector', `${masters.map(nameOf).join(' and ')} lead for ${nowMs - this.#severalSinceMs} ms`)
  }

  #lookAtRank(director: Host, living: readonly Host[]): void {
    for (const host of living) {
      const { options, gateway } = host
      const mayPreempt = options.priority === OWNER || (options.preempt && !isYielding(gateway!.elector.phase))
      if (!mayPreempt || options.priority <= director.options.priority) continue
      this.#fail('highestLeads', `${nameOf(director)} leads, ${nameOf(host)} lets it`)
    }
  }

  #fail(invariant: Invariant, what: string): never {
    throw new ElectionViolation(invariant, this.#subnet.clock.nowMs(), what)
  }
}

const isYielding = (phase: Phase): boolean => phase.label === 'BACKUP' && phase.yielding

export const nameOf = ({ options }: Host): string => `${options.primaryAddress} (priority ${options.priority})`
