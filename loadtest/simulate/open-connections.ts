/** Longest life of a connection; longer ones are cut to it. A power of two: a turn of the wheel. */
const WHEEL_S = 2048
/** Connections that can be open at a time. */
const ROOM = 2 ** 19
const NO_RECORD = -1

/**
 * The open connections: records in typed arrays, each in the list of the second in which it ends (a timing wheel), or in
 * the list of free ones.
 */
export class OpenConnections {
  readonly client = new Uint32Array(ROOM)
  readonly node = new Uint8Array(ROOM)
  readonly #next = new Int32Array(ROOM)
  readonly #isOpen = new Uint8Array(ROOM)
  readonly #ending = new Int32Array(WHEEL_S).fill(NO_RECORD)
  #free = NO_RECORD
  /** Records ever used. */
  #used = 0

  /** @throws Error when more are open than there is room for. */
  add(client: number, node: number, nowS: number, lifeS: number): void {
    const record = this.#take()
    this.client[record] = client
    this.node[record] = node
    this.#isOpen[record] = 1
    const second = (nowS + Math.min(WHEEL_S - 1, Math.max(1, Math.round(lifeS)))) % WHEEL_S
    this.#next[record] = this.#ending[second]!
    this.#ending[second] = record
  }

  #take(): number {
    const record = this.#free
    if (record !== NO_RECORD) {
      this.#free = this.#next[record]!
      return record
    }
    if (this.#used === ROOM) throw new Error(`more than ${ROOM} connections are open: simulate fewer a second`)
    return this.#used++
  }

  /** Ends those whose time has come; `ended` hears of each. To be called for every second. */
  end(nowS: number, ended: (client: number, node: number) => void): void {
    let record = this.#ending[nowS % WHEEL_S]!
    this.#ending[nowS % WHEEL_S] = NO_RECORD
    while (record !== NO_RECORD) {
      const next = this.#next[record]!
      if (this.#isOpen[record] === 1) ended(this.client[record]!, this.node[record]!)
      this.#isOpen[record] = 0
      this.#next[record] = this.#free
      this.#free = record
      record = next
    }
  }

  /** Ends at once those of which `isBroken` says so; `ended` hears of each. */
  breakWhere(isBroken: (client: number, node: number) => boolean, ended: (client: number, node: number) => void): void {
    const broken: number[] = []
    for (let record = 0; record < this.#used; record++) {
      if (this.#isOpen[record] === 1 && isBroken(this.client[record]!, this.node[record]!)) broken.push(record)
    }
    // All are judged before one ends: what is open is part of what a balancer judges by.
    for (const record of broken) {
      this.#isOpen[record] = 0
      ended(this.client[record]!, this.node[record]!)
    }
  }
}
