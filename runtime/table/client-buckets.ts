import type { ClientKey } from './client-key.ts'
import { CLIENT, CLIENT_WORDS, PHASE, PHASE_MASK, SLOT_COUNT, type TableLayout } from './layout.ts'

/** Tries at a bucket's lock before a client goes uncounted: a holder needs it for about a microsecond, unless it is preempted. */
const LOCK_TRIES = 1000

/** Owner word of the one thread that sweeps. A forwarder's is its index + 1. */
const SWEEPER = 255

/** What is known of a client. */
export interface ClientState {
  readonly node: number
  readonly activeConnections: number
  /** Monotonic seconds. */
  readonly lastSeenS: number
  /** Monotonic seconds: since when it goes to that node. */
  readonly sinceS: number
}

/**
 * The clients, set-associative: a client's bucket is its slot, and a bucket is scanned wholly, so there are no probe
 * chains and no tombstones. Look-ups take no lock. Entries are made and freed under the bucket's lock, which names its
 * owner, so that the lock of a dead forwarder can be told and freed.
 *
 * How many connections a client has is spread over the forwarders: each counts in a column of its own. So counting
 * needs no read-modify-write, and what a dead forwarder had counted is undone by zeroing its column. Freeing an
 * entry races with counting in it as in Dekker's algorithm: the freer marks the tag, then looks at the columns; the
 * counter counts, then looks at the tag. One of the two sees the other and stands back.
 */
export class ClientBuckets {
  readonly #words: Int32Array
  readonly #layout: TableLayout

  constructor(words: Int32Array, layout: TableLayout) {
    this.#words = words
    this.#layout = layout
  }

  /** The entry of a client, or -1. */
  lookup(slot: number, k0: number, k1: number, k2: number, k3: number): number {
    const words = this.#words
    const ways = this.#layout.ways
    const first = slot * ways
    let at = this.#layout.clients + first * CLIENT_WORDS
    for (let way = 0; way < ways; way++, at += CLIENT_WORDS) {
      if (words[at + CLIENT.KEY + 3] !== (k3 | 0)) continue
      const tag = Atomics.load(words, at + CLIENT.TAG)
      if ((tag & PHASE_MASK) === PHASE.OCCUPIED && this.#hasKey(at, k0, k1, k2, k3)) {
        if (Atomics.load(words, at + CLIENT.TAG) === tag) return first + way
      }
    }
    return -1
  }

  #hasKey(at: number, k0: number, k1: number, k2: number, k3: number): boolean {
    const words = this.#words
    const key = at + CLIENT.KEY
    return (
      Atomics.load(words, key + 3) === (k3 | 0) &&
      Atomics.load(words, key + 2) === (k2 | 0) &&
      Atomics.load(words, key + 1) === (k1 | 0) &&
      Atomics.load(words, key) === (k0 | 0)
    )
  }

  /** Connections of an entry, over all forwarders. */
  active(entry: number): number {
    const { regions, regionWords, column, forwarders } = this.#layout
    let at = regions + column + entry
    let sum = 0
    for (let forwarder = 0; forwarder < forwarders; forwarder++, at += regionWords) sum += Atomics.load(this.#words, at)
    return sum
  }

  pin(entry: number): number {
    return Atomics.load(this.#words, this.#entryAt(entry) + CLIENT.PIN)
  }

  setPin(entry: number, pin: number): void {
    Atomics.store(this.#words, this.#entryAt(entry) + CLIENT.PIN, pin)
  }

  /**
   * Counts one more connection of a client in the forwarder's column, and pins the client. Makes the entry where there
   * is none. Returns the entry; -1 when the bucket is full of busy clients or its lock is not to be had.
   */
  acquire(
    forwarder: number,
    slot: number,
    k0: number,
    k1: number,
    k2: number,
    k3: number,
    pin: number,
    nowS: number,
  ): number {
    const words = this.#words
    const found = this.lookup(slot, k0, k1, k2, k3)
    if (found >= 0) {
      const at = this.#entryAt(found)
      const column = this.#columnAt(forwarder, found)
      Atomics.store(words, column, words[column]! + 1)
      // Between look-up and count the entry may have been freed, even given to another client: then the key differs.
      const occupied = (Atomics.load(words, at + CLIENT.TAG) & PHASE_MASK) === PHASE.OCCUPIED
      if (occupied && this.#hasKey(at, k0, k1, k2, k3)) {
        this.#keep(at, pin, nowS)
        return found
      }
      Atomics.store(words, column, words[column]! - 1)
    }
    if (!this.#lock(slot, forwarder + 1)) return -1
    const entry = this.#acquireLocked(forwarder, slot, k0, k1, k2, k3, pin, nowS)
    this.#unlock(slot)
    return entry
  }

  #acquireLocked(
    forwarder: number,
    slot: number,
    k0: number,
    k1: number,
    k2: number,
    k3: number,
    pin: number,
    nowS: number,
  ): number {
    const words = this.#words
    const found = this.lookup(slot, k0, k1, k2, k3)
    const entry = found >= 0 ? found : this.#freeEntry(slot)
    if (entry < 0) return -1
    const at = this.#entryAt(entry)
    const column = this.#columnAt(forwarder, entry)
    Atomics.store(words, column, words[column]! + 1)
    if (found < 0) words[at + CLIENT.SINCE] = nowS
    this.#keep(at, pin, nowS)
    if (found >= 0) return found
    const key = at + CLIENT.KEY
    Atomics.store(words, key, k0)
    Atomics.store(words, key + 1, k1)
    Atomics.store(words, key + 2, k2)
    Atomics.store(words, key + 3, k3)
    const generation = (words[at + CLIENT.TAG]! & ~PHASE_MASK) + 4
    Atomics.store(words, at + CLIENT.TAG, generation | PHASE.OCCUPIED)
    return entry
  }

  /** Pins the client of an entry, which is seen now. */
  #keep(at: number, pin: number, nowS: number): void {
    const words = this.#words
    if (Atomics.load(words, at + CLIENT.PIN) !== pin) words[at + CLIENT.SINCE] = nowS
    Atomics.store(words, at + CLIENT.PIN, pin)
    words[at + CLIENT.SEEN] = nowS
  }

  /** A free entry of a locked bucket: one that was free, else the idle one that was seen longest ago, else -1. */
  #freeEntry(slot: number): number {
    const words = this.#words
    const ways = this.#layout.ways
    for (;;) {
      let oldest = -1
      let oldestSeen = 0
      for (let way = 0; way < ways; way++) {
        const entry = slot * ways + way
        const at = this.#entryAt(entry)
        if ((Atomics.load(words, at + CLIENT.TAG) & PHASE_MASK) === PHASE.FREE) return entry
        const seen = words[at + CLIENT.SEEN]!
        if ((oldest < 0 || seen < oldestSeen) && this.active(entry) === 0) {
          oldest = entry
          oldestSeen = seen
        }
      }
      // It may have got busy meanwhile, and is not idle the next time round: each round has one candidate less.
      if (oldest < 0 || this.#evict(oldest)) return oldest
    }
  }

  /** Frees an idle entry of a locked bucket; false if it turned out to be busy. */
  #evict(entry: number): boolean {
    const words = this.#words
    const at = this.#entryAt(entry) + CLIENT.TAG
    const generation = Atomics.load(words, at) & ~PHASE_MASK
    Atomics.store(words, at, generation | PHASE.LEAVING)
    const idle = this.active(entry) === 0
    Atomics.store(words, at, generation | (idle ? PHASE.FREE : PHASE.OCCUPIED))
    return idle
  }

  /** Counts one connection less. */
  release(forwarder: number, entry: number, nowS: number): void {
    const words = this.#words
    words[this.#entryAt(entry) + CLIENT.SEEN] = nowS
    const column = this.#columnAt(forwarder, entry)
    Atomics.store(words, column, words[column]! - 1)
  }

  /** Frees the entries without connections that were not seen for `idleS`. Returns how many. One thread only. */
  sweep(nowS: number, idleS: number): number {
    this.recoverLocks(SWEEPER)
    let freed = 0
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!this.#hasAged(slot, nowS - idleS) || !this.#lock(slot, SWEEPER)) continue
      for (let entry = slot * this.#layout.ways; entry < (slot + 1) * this.#layout.ways; entry++) {
        if (this.#isAged(entry, nowS - idleS) && this.#evict(entry)) freed++
      }
      this.#unlock(slot)
    }
    return freed
  }

  #hasAged(slot: number, beforeS: number): boolean {
    const ways = this.#layout.ways
    for (let entry = slot * ways; entry < (slot + 1) * ways; entry++) if (this.#isAged(entry, beforeS)) return true
    return false
  }

  #isAged(entry: number, beforeS: number): boolean {
    const at = this.#entryAt(entry)
    const occupied = (Atomics.load(this.#words, at + CLIENT.TAG) & PHASE_MASK) === PHASE.OCCUPIED
    return occupied && this.#words[at + CLIENT.SEEN]! <= beforeS && this.active(entry) === 0
  }

  /** Zeroes the column of a dead forwarder and frees the locks that it held. */
  reap(forwarder: number): void {
    const start = this.#columnAt(forwarder, 0)
    this.#words.fill(0, start, start + this.#layout.entries)
    this.recoverLocks(forwarder + 1)
  }

  /** Frees the locks of an owner that is dead. An entry that it was about to free stays. */
  recoverLocks(owner: number): void {
    const words = this.#words
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (Atomics.load(words, this.#layout.locks + slot) !== owner) continue
      for (let entry = slot * this.#layout.ways; entry < (slot + 1) * this.#layout.ways; entry++) {
        const at = this.#entryAt(entry) + CLIENT.TAG
        const tag = Atomics.load(words, at)
        if ((tag & PHASE_MASK) === PHASE.LEAVING) Atomics.store(words, at, (tag & ~PHASE_MASK) | PHASE.OCCUPIED)
      }
      this.#unlock(slot)
    }
  }

  state(entry: number): ClientState {
    return {
      node: this.pin(entry) & 255,
      activeConnections: this.active(entry),
      lastSeenS: this.#words[this.#entryAt(entry) + CLIENT.SEEN]!,
      sinceS: this.#words[this.#entryAt(entry) + CLIENT.SINCE]!,
    }
  }

  /** The client of an entry; undefined when the entry is free. */
  keyOf(entry: number): ClientKey | undefined {
    const words = this.#words
    const at = this.#entryAt(entry)
    const tag = Atomics.load(words, at + CLIENT.TAG)
    if ((tag & PHASE_MASK) !== PHASE.OCCUPIED) return undefined
    const word = (index: number) => Atomics.load(words, at + CLIENT.KEY + index) >>> 0
    const key: ClientKey = [word(0), word(1), word(2), word(3)]
    return Atomics.load(words, at + CLIENT.TAG) === tag ? key : undefined
  }

  #lock(slot: number, owner: number): boolean {
    const at = this.#layout.locks + slot
    for (let attempt = 0; attempt < LOCK_TRIES; attempt++) {
      if (Atomics.compareExchange(this.#words, at, 0, owner) === 0) return true
    }
    return false
  }

  #unlock(slot: number): void {
    Atomics.store(this.#words, this.#layout.locks + slot, 0)
  }

  #entryAt(entry: number): number {
    return this.#layout.clients + entry * CLIENT_WORDS
  }

  #columnAt(forwarder: number, entry: number): number {
    return this.#layout.regions + forwarder * this.#layout.regionWords + this.#layout.column + entry
  }
}
