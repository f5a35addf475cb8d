/**
 * A bound on packets per second (token bucket). A burst of one second's worth passes at once; after that, packets pass as
 * fast as the bound allows. Whoever can flood a protocol can then slow nothing down but that protocol.
 */
export class PacketRate {
  readonly perSecond: number
  #room: number
  #lastMs: number

  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond
    this.#room = perSecond
    this.#lastMs = nowMs
  }

  /** Whether one more packet may pass now. */
  admit(nowMs: number): boolean {
    const refilled = this.#room + ((nowMs - this.#lastMs) * this.perSecond) / 1000
    this.#room = Math.min(this.perSecond, refilled)
    this.#lastMs = nowMs
    if (this.#room < 1) return false
    this.#room -= 1
    return true
  }
}
