import type { Dice } from './dice.ts'
import { EASY_PACE, type Host } from './host.ts'
import { FAIR, type Subnet } from './subnet.ts'

/** A process that stands still does so for at most this many advert intervals: 30 s with adverts of 1 s. */
const LONGEST_STALL_INTERVALS = 30

/** What may befall one host and its gateway, and how each goes about it. `spanMs` is what is left of the episode. */
const HOST_TROUBLES = [
  'crash',
  'shutDown',
  'stepDown',
  'stall',
  'mute',
  'busy',
  'electorCrash',
  'announcerCrash',
  'start',
] as const
type HostTrouble = (typeof HOST_TROUBLES)[number]

/** An episode has troubles of one kind; a storm has them all, and bad weather. */
const EPISODES = ['hosts', 'hosts', 'hosts', 'split', 'merge', 'merge', 'storm'] as const

/** Throws trouble at a subnet, by the dice. */
export class Troubles {
  /** Of each kind, how many. */
  readonly counts: Record<string, number> = {}
  readonly #subnet: Subnet
  readonly #dice: Dice
  readonly #intervalMs: number
  readonly #tell: (line: string) => void

  constructor(subnet: Subnet, dice: Dice, intervalMs: number, tell: (line: string) => void) {
    this.#subnet = subnet
    this.#dice = dice
    this.#intervalMs = intervalMs
    this.#tell = tell
  }

  /** Schedules an episode that begins now; gives how long it lasts. After it all is well, but for what is dead or cut off. */
  begin(): { readonly lastsMs: number; readonly mayConfuseClients: boolean } {
    const dice = this.#dice
    const episode = dice.pick(EPISODES)
    const lastsMs = dice.between(0.1, dice.chance(0.3) ? LONGEST_STALL_INTERVALS : 8) * this.#intervalMs
    this.#count(episode)
    switch (episode) {
      case 'hosts':
        this.#troubleHosts(lastsMs, dice.whole(1, 4))
        break
      case 'split':
        this.#split()
        break
      case 'merge':
        this.#merge()
        break
      case 'storm':
        this.#storm(lastsMs)
        break
      default:
        episode satisfies never
    }
    return { lastsMs, mayConfuseClients: episode === 'storm' }
  }

  /** Ends what lasts: stalls, mutes, the weather. */
  end(): void {
    const { weather, hosts } = this.#subnet
    Object.assign(weather, FAIR)
    for (const host of hosts) {
      host.mute = false
      host.setPace(EASY_PACE)
      host.gateway?.thaw()
    }
  }

  #troubleHosts(withinMs: number, count: number): void {
    for (let index = 0; index < count; index++) {
      const host = this.#dice.pick(this.#subnet.hosts)
      const afterMs = this.#dice.between(0, withinMs)
      this.#at(afterMs, () => this.#troubleHost(host, withinMs - afterMs))
    }
  }

  #troubleHost(host: Host, leftMs: number): void {
    const dice = this.#dice
    const trouble = host.gateway === undefined ? 'start' : dice.pick(HOST_TROUBLES)
    this.#count(trouble)
    this.#say(`${trouble} ${host.options.primaryAddress}`)
    this.#apply(trouble, host, leftMs)
  }

  #apply(trouble: HostTrouble, host: Host, leftMs: number): void {
    const dice = this.#dice
    const { gateway } = host
    const endMs = dice.between(0, leftMs)
    switch (trouble) {
      case 'crash':
      case 'shutDown':
        if (trouble === 'crash') host.kill()
        else host.shutDown()
        // Or it stays away until another episode starts it.
        if (dice.chance(0.7)) this.#at(endMs, () => host.start())
        return
      case 'stepDown':
        if (gateway?.isRunning) gateway.elect({ type: 'stepDown' })
        return
      case 'stall':
        gateway?.freeze()
        this.#at(endMs, () => gateway?.thaw())
        return
      case 'mute':
        host.mute = true
        this.#at(endMs, () => {
          host.mute = false
        })
        return
      case 'busy': {
        const atMost = Math.min(200, this.#intervalMs / 4)
        host.setPace({
          timerLateMs: dice.between(0, atMost),
          messageMs: dice.between(0, atMost / 10),
          readMs: dice.between(0, atMost),
        })
        return
      }
      case 'electorCrash':
      case 'announcerCrash':
        // The supervisor's backoff. A process that stands still does not crash.
        if (!gateway?.isRunning) return
        gateway.crash(trouble === 'electorCrash' ? 'elector' : 'announcer', Math.min(endMs, 200))
        return
      case 'start':
        host.start()
        return
      default:
        trouble satisfies never
    }
  }

  /** Cuts one island in two, anywhere, its clients with it: a single cable, or the cable between two switches. */
  #split(): void {
    const { hosts, clients } = this.#subnet
    const from = this.#dice.pick(hosts).island
    const to = 1 + Math.max(...[...hosts, ...clients].map(({ island }) => island))
    const single = this.#dice.chance(0.4) ? this.#dice.pick(hosts.filter(({ island }) => island === from)) : undefined
    for (const member of [...hosts, ...clients]) {
      if (member.island !== from) continue
      if (single === undefined ? this.#dice.chance(0.5) : member === single) member.island = to
    }
    this.#say(`split: ${this.#islands()}`)
  }

  /** Two islands become one, or all do. */
  #merge(): void {
    const { hosts, clients } = this.#subnet
    const islands = [...new Set([...hosts, ...clients].map(({ island }) => island))]
    const isAll = this.#dice.chance(0.5)
    const [into, from] = [this.#dice.pick(islands), this.#dice.pick(islands)]
    this.#strand()
    for (const member of [...hosts, ...clients]) if (isAll || member.island === from) member.island = into
    this.#say(`merge: ${this.#islands()}`)
  }

  /** Clients where nobody leads know nothing that their next director could have been told of: they will ask. */
  #strand(): void {
    for (const client of this.#subnet.clients) {
      if (this.#subnet.holdersOn(client.island).length === 0) client.forget()
    }
  }

  #storm(lastsMs: number): void {
    const dice = this.#dice
    Object.assign(this.#subnet.weather, {
      delayMs: dice.between(0, 0.05) * this.#intervalMs,
      jitterMs: dice.between(0, 1) ** 3 * this.#intervalMs,
      loss: dice.between(0, 0.6),
      duplicates: dice.between(0, 0.3),
    })
    this.#troubleHosts(lastsMs, dice.whole(0, 5))
    for (let cuts = dice.whole(0, 3); cuts > 0; cuts--) {
      this.#at(dice.between(0, lastsMs), () => (dice.chance(0.6) ? this.#split() : this.#merge()))
    }
    this.#say('storm')
  }

  #at(afterMs: number, happen: () => void): void {
    this.#subnet.clock.setTimer(afterMs, happen)
  }

  #islands(): string {
    return this.#subnet.hosts.map(({ island, options }) => `${options.primaryAddress}:${island}`).join(' ')
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  #say(line: string): void {
    this.#tell(line)
  }
}
