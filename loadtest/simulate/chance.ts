/** Draws from the distributions that the world is made of. */
import type { Random } from '../../runtime/ports/host/random.ts'

/** Uniform in (0, 1): neither end, so that its logarithm is finite. */
const uniform = (random: Random): number => (random.uint32() + 0.5) / 2 ** 32

/** Standard normal (Box-Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random))

/** Lognormal with that mean. */
export const lognormal = (random: Random, mean: number, sigma: number): number =>
  mean * Math.exp(sigma * normal(random) - (sigma * sigma) / 2)

/** Poisson: by Knuth's product for small means, by the normal approximation above 50. */
export function poisson(random: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = uniform(random); product > limit; product *= uniform(random)) count++
  return count
}

/** Draws indices in proportion to weights in constant time: Walker's alias method as Vose builds it. */
export class AliasTable {
  readonly #keep: Float64Array
  readonly #alias: Uint32Array

  constructor(weights: Float64Array) {
    const count = weights.length
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    this.#keep = weights.map((weight) => (weight * count) / total)
    this.#alias = Uint32Array.from({ length: count }, (_, index) => index)
    const small: number[] = []
    const large: number[] = []
    for (let index = 0; index < count; index++) (this.#keep[index]! < 1 ? small : large).push(index)
    while (small.length > 0 && large.length > 0) {
      const [poor, rich] = [small.pop()!, large[large.length - 1]!]
      this.#alias[poor] = rich
      this.#keep[rich] = this.#keep[rich]! - (1 - this.#keep[poor]!)
      if (this.#keep[rich]! < 1) small.push(large.pop()!)
    }
    // What is left of either has weight 1 but for rounding.
    for (const index of [...small, ...large]) this.#keep[index] = 1
  }

  draw(random: Random): number {
    const index = Math.floor(uniform(random) * this.#keep.length)
    return uniform(random) < this.#keep[index]! ? index : this.#alias[index]!
  }
}
