/** Linux takes no news of an entry within this time of its last change, ms (arp locktime): the first burst may be lost on it. */
const LOCKTIME_MS = 1000

/** What a client on the subnet knows by ARP of the virtual address. Its entry does not age: only announcements can mend it. */
export class Client {
  /** Who has the same number hears each other. */
  island = 0
  /** The entry; undefined where there is none. */
  mac: string | undefined
  #changedAtMs = Number.NEGATIVE_INFINITY

  /** Gratuitous ARP: it changes an entry that is there, and makes none. */
  hear(mac: string, nowMs: number): void {
    if (this.mac === undefined || this.mac === mac || nowMs - this.#changedAtMs < LOCKTIME_MS) return
    this.mac = mac
    this.#changedAtMs = nowMs
  }

  /** It has asked and been answered. */
  learn(mac: string, nowMs: number): void {
    this.mac = mac
    this.#changedAtMs = nowMs
  }

  /** The entry has aged out: it will ask again. */
  forget(): void {
    this.mac = undefined
  }
}
