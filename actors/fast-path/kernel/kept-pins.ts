import type { Clock } from '../../../runtime/ports/host/clock.ts'
import type { Nft } from '../../../runtime/ports/nft/nft.ts'
import type { PackedPins } from './packed-pins.ts'
import { readPackedPins } from './tables.ts'

/** A listing takes the kernel a while: for that long it serves everybody who asks for a part of it. */
const KEPT_MS = 1000
/** Who asks for what takes longer is told to ask again, and finds it then. */
const PATIENCE_MS = 1000

/** The pins as the kernel has them, or had them a second ago: one listing at a time, whoever asks. */
export class KeptPins {
  readonly #nft: Nft
  readonly #clock: Clock
  #pins: Promise<PackedPins> | undefined

  constructor(nft: Nft, clock: Clock) {
    this.#nft = nft
    this.#clock = clock
  }

  /** Undefined: they are still being read. Rejects where nftables cannot tell. `others`: who is known without a pin. */
  read(others: () => Iterable<string>): Promise<PackedPins | undefined> {
    this.#pins ??= this.#readAnew(others())
    const { promise, resolve, reject } = Promise.withResolvers<PackedPins | undefined>()
    const cancel = this.#clock.setTimer(PATIENCE_MS, () => resolve(undefined))
    this.#pins.then(resolve, reject).finally(cancel)
    return promise
  }

  #readAnew(others: Iterable<string>): Promise<PackedPins> {
    const reading = readPackedPins(this.#nft, others)
    const forget = (): void => {
      this.#pins = undefined
    }
    reading.then(() => this.#clock.setTimer(KEPT_MS, forget), forget)
    return reading
  }
}
