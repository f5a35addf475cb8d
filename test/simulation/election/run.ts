import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { VIP, v2, v3 } from '../../actors/elector/bench.ts'
import { Client } from './client.ts'
import { Dice } from './dice.ts'
import { FAREWELL_MS } from './gateway-process.ts'
import { EASY_PACE, Host } from './host.ts'
import { type Machines, REAL_MACHINES } from './machines.ts'
import { FAIR, Subnet } from './subnet.ts'
import { Troubles } from './troubles.ts'
import { nameOf, Witness } from './witness.ts'

const NODES = 5
const CLIENTS = 2
const DRIFT_PPM = 100
/** Clients ask for the address where they know none, this often. */
const ASK_INTERVALS = 3

export interface RunOptions {
  readonly seed: number
  readonly advertIntervalMs: number
  readonly lastsMs: number
  readonly machines?: Machines
  /** Told of every trouble and every change of state. */
  readonly tell?: (line: string) => void
}

/** What a run has seen. All of it is decided by the seed. */
export interface RunReport {
  readonly takeovers: number
  readonly troubles: Readonly<Record<string, number>>
  readonly looks: Witness['looks']
}

/** Five nodes through `lastsMs` of trouble and calm. Throws an `ElectionViolation` at the first invariant that does not hold. */
export function runElection(options: RunOptions): RunReport {
  return new Run(options).go()
}

class Run {
  readonly #options: RunOptions
  readonly #dice: Dice
  readonly #subnet: Subnet
  readonly #witness: Witness
  readonly #troubles: Troubles

  constructor(options: RunOptions) {
    this.#options = options
    this.#dice = new Dice(options.seed)
    this.#subnet = new Subnet(this.#dice)
    const { machines = REAL_MACHINES, advertIntervalMs } = options
    for (const elector of throwGroup(this.#dice, advertIntervalMs)) {
      const driftPpm = this.#dice.between(-DRIFT_PPM, DRIFT_PPM)
      this.#subnet.hosts.push(new Host(this.#subnet, this.#dice, elector, machines, driftPpm))
    }
    for (let index = 0; index < CLIENTS; index++) this.#subnet.clients.push(new Client())
    this.#witness = new Witness(this.#subnet)
    this.#subnet.observer = {
      arrived: (host, packet) => this.#witness.arrived(host, packet),
      changed: (host, before, event) => {
        this.#tell(`${nameOf(host)}: ${before} -> ${host.gateway?.elector.phase.label} by ${event.type}`)
        this.#witness.changed(host, before, event)
      },
    }
    this.#troubles = new Troubles(this.#subnet, this.#dice, advertIntervalMs, (line) => this.#tell(line))
  }

  go(): RunReport {
    const { lastsMs, advertIntervalMs } = this.#options
    this.#witness.trouble()
    for (const host of this.#subnet.hosts) {
      this.#subnet.clock.setTimer(this.#dice.between(0, 4 * advertIntervalMs), () => host.start())
    }
    this.#ask()
    this.#advance(4 * advertIntervalMs)
    let mayConfuseClients = true
    while (this.#subnet.clock.nowMs() < lastsMs) {
      this.#beCalm(mayConfuseClients)
      this.#witness.trouble()
      const episode = this.#troubles.begin()
      mayConfuseClients = episode.mayConfuseClients
      this.#advance(episode.lastsMs)
      this.#troubles.end()
      this.#letAllPass()
    }
    this.#beCalm(mayConfuseClients)
    return { takeovers: this.#witness.takeovers, troubles: this.#troubles.counts, looks: this.#witness.looks }
  }

  /**
   * `mayConfuseClients`: a director that nobody knew of may have died, and its kernel has answered for it until the lease was
   * over. No announcement mends that, the age of the entry does.
   */
  #beCalm(mayConfuseClients: boolean): void {
    const { someWithinMs, settledWithinMs } = this.#witness
    this.#witness.calm()
    this.#tell('calm')
    this.#advance(someWithinMs)
    if (mayConfuseClients) for (const client of this.#subnet.clients) client.forget()
    this.#advance(settledWithinMs - someWithinMs)
    this.#witness.lookAtClients()
    this.#subnet.weather.isolatedLoss = 0.05
    this.#advance(this.#dice.between(0, 20) * this.#options.advertIntervalMs)
    this.#witness.lookAtClients()
    Object.assign(this.#subnet.weather, FAIR)
  }

  /** What a storm has held up is trouble until it is there, and so is a node that is about to stop. */
  #letAllPass(): void {
    const { hosts, allArrivedMs, clock } = this.#subnet
    const isStopping = hosts.some(({ gateway }) => gateway?.isRetiring)
    this.#advance(Math.max(0, allArrivedMs - clock.nowMs(), isStopping ? FAREWELL_MS + EASY_PACE.timerLateMs + 1 : 0))
  }

  #advance(ms: number): void {
    const { clock } = this.#subnet
    const untilMs = clock.nowMs() + ms
    for (let dueMs = clock.nextDueMs(); dueMs !== undefined && dueMs <= untilMs; dueMs = clock.nextDueMs()) {
      this.#witness.lookBefore(dueMs)
      clock.fireNext(untilMs)
      this.#witness.look()
    }
    clock.jumpTo(untilMs)
  }

  /** Clients without an entry ask, and whoever holds the address answers. */
  #ask(): void {
    for (const client of this.#subnet.clients) {
      const holders = this.#subnet.holdersOn(client.island)
      if (client.mac !== undefined || holders.length === 0) continue
      client.learn(this.#dice.pick(holders).mac, this.#subnet.clock.nowMs())
    }
    this.#subnet.clock.setTimer(ASK_INTERVALS * this.#options.advertIntervalMs, () => this.#ask())
  }

  #tell(line: string): void {
    this.#options.tell?.(`${(this.#subnet.clock.nowMs() / 1000).toFixed(3)} ${line}`)
  }
}

/** One group's configuration: what is the same on all nodes, and the priorities, which are not. */
function throwGroup(dice: Dice, advertIntervalMs: number): ElectorOptions[] {
  const isV2 = advertIntervalMs % 1000 === 0 && dice.chance(0.4)
  const preempts = dice.pick(['all', 'all', 'none', 'some'] as const)
  const mayWait = (): number => (dice.chance(0.3) ? dice.between(0, 5) * advertIntervalMs : 0)
  const preemptDelayMs = mayWait()
  const holdOffMs = mayWait()
  const ownerAt = dice.chance(0.15) ? dice.whole(0, NODES - 1) : undefined
  const hasEquals = dice.chance(0.2)
  const isUnicast = dice.chance(0.1)
  const addresses = Array.from({ length: NODES }, (_, index) => `10.10.74.${80 + index}`)
  return addresses.map((primaryAddress, index) => ({
    ...(isV2 ? v2 : v3),
    advertIntervalCs: advertIntervalMs / 10,
    longestLearnedCs: (3 * advertIntervalMs) / 10,
    priority: index === ownerAt ? 255 : hasEquals ? dice.pick([50, 100]) : dice.whole(1, 254),
    preempt: preempts === 'some' ? dice.chance(0.5) : preempts === 'all',
    preemptDelayMs,
    holdOffMs,
    primaryAddress,
    virtualIps: [VIP],
    unicastPeers: isUnicast ? addresses.filter((address) => address !== primaryAddress) : [],
  }))
}
