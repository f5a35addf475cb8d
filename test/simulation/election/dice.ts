import { SeededRandom } from '../../fakes/random.ts'

/** All chance of a run: the same seed throws the same numbers in the same order. */
export class Dice {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  /** Evenly spread, `low` up to but not including `high`. */
  between(low: number, high: number): number {
    return low + (this.#random.uint32() / 2 ** 32) * (high - low)
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1))
  }

  chance(probability: number): boolean {
    return this.between(0, 1) < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.whole(0, items.length - 1)]!
  }
}
