import { SeededRandom } from '../fakes/random.ts'
import { CORPUS_BYTES_MOST } from './corpus.ts'
import type { Coverage } from './coverage.ts'
import { type Failure, failureOf } from './failure.ts'
import { minimised } from './minimise.ts'
import { below, type Material, mutated, oneOf } from './mutator.ts'
import { BOUND_MS, type FuzzTarget } from './target.ts'

/** Coverage is taken once for so many inputs, or for those of so long. */
const BATCH_MOST = 1024
const BATCH_MS = 40
/** Those that are kept while it runs; then the oldest go. */
const POOL_MOST = 4000
/** Distinct faults, after which a target is given up. */
const FAILURES_MOST = 10
/** An input that was slow is tried again so often: the machine may have been busy. */
const SLOW_TRIES = 3

/** What a campaign tells as it goes. */
export interface Teller {
  /** Before an input is run: whoever watches knows which one hung, or ended the thread. */
  begins(input: Uint8Array): void
  failed(failure: Failure): void
}

export interface CampaignOptions {
  readonly seed: number
  readonly corpus: readonly Uint8Array[]
  /** Undefined: every mutation is of the corpus. */
  readonly coverage: Coverage | undefined
  readonly inputs: number
  readonly untilMs: number
}

/** Inputs for one target, made of those that have reached something new. */
export class Campaign {
  readonly #target: FuzzTarget
  readonly #options: CampaignOptions
  readonly #tell: Teller
  readonly #random: SeededRandom
  readonly #material: Material & { readonly pool: Uint8Array[] }
  readonly #outcomes = new Set<string>()
  readonly #places = new Set<string>()
  inputs = 0

  constructor(target: FuzzTarget, options: CampaignOptions, tell: Teller) {
    this.#target = target
    this.#options = options
    this.#tell = tell
    this.#random = new SeededRandom(options.seed)
    const words = [...(target.words ?? []), '\0'].map((word) => (typeof word === 'string' ? Buffer.from(word) : word))
    this.#material = { words, pool: [...target.seeds, ...options.corpus], mostBytes: target.mostBytes }
  }

  get kept(): number {
    return this.#material.pool.length
  }

  async run(): Promise<void> {
    const { coverage, inputs, untilMs } = this.#options
    for (const input of [...this.#material.pool]) await this.#runOne(input)
    coverage?.take()
    let size = 16
    while (this.inputs < inputs && performance.now() < untilMs && this.#places.size < FAILURES_MOST) {
      const batch = Array.from({ length: Math.min(size, inputs - this.inputs) }, () => this.#next())
      const beganMs = performance.now()
      const fresh: Uint8Array[] = []
      for (const input of batch) if (await this.#runOne(input)) fresh.push(input)
      const tookMs = performance.now() - beganMs
      size = Math.max(1, Math.min(BATCH_MOST, tookMs > BATCH_MS ? size >> 1 : size << 1))
      for (const input of fresh) this.#keep(input)
      if (coverage?.take() === true) await this.#keepWhatReached(batch)
    }
  }

  /** The fewest and shortest inputs that reach what all of them reach, as many as the corpus has room for. */
  async reduced(): Promise<readonly Uint8Array[]> {
    const { coverage, corpus } = this.#options
    if (coverage === undefined) return corpus
    const found: Uint8Array[] = []
    let bytes = 0
    coverage.reset()
    this.#outcomes.clear()
    for (const input of this.#target.seeds) await this.#runOne(input)
    coverage.take()
    for (const input of this.#material.pool.toSorted((one, other) => one.length - other.length)) {
      const isFresh = await this.#runOne(input)
      const room = Math.ceil((input.length * 4) / 3) + 1
      if ((!coverage.take() && !isFresh) || bytes + room > CORPUS_BYTES_MOST) continue
      bytes += room
      found.push(input)
    }
    return found
  }

  #next(): Uint8Array {
    const { pool } = this.#material
    // The newest have been tried the least.
    const isOfNewest = below(this.#random, 3) === 0
    const from = isOfNewest ? pool.slice(-16) : pool
    const input = from.length === 0 ? Buffer.alloc(1) : oneOf(this.#random, from)
    if (this.#target.mutate !== undefined && below(this.#random, 2) === 0)
      return this.#target.mutate(input, this.#random).subarray(0, this.#target.mostBytes)
    return mutated(input, this.#random, this.#material)
  }

  #keep(input: Uint8Array): void {
    this.#material.pool.push(input)
    if (this.#material.pool.length > POOL_MOST) this.#material.pool.splice(this.#target.seeds.length, 1)
  }

  /** Which of them it was: V8 has told of all together, so they are run again, halves first, against what was known before. */
  async #keepWhatReached(batch: readonly Uint8Array[]): Promise<void> {
    const { coverage } = this.#options
    coverage?.undo()
    const halve = async (inputs: readonly Uint8Array[]): Promise<void> => {
      for (const input of inputs) await this.#attempt(input)
      if (coverage?.take() !== true) return
      const [only] = inputs
      if (inputs.length === 1) return this.#keep(only!)
      coverage.undo()
      await halve(inputs.slice(0, inputs.length >> 1))
      await halve(inputs.slice(inputs.length >> 1))
    }
    await halve(batch)
    // What is reached once only (a module that is loaded, a cache that is filled) is by no input's doing.
    coverage?.redo()
  }

  /** Whether its outcome is one that none before had. */
  async #runOne(input: Uint8Array): Promise<boolean> {
    this.inputs += 1
    this.#tell.begins(input)
    const beganMs = performance.now()
    const { outcome, failure } = await this.#attempt(input)
    if (failure !== undefined) await this.#told(failure)
    else if (performance.now() - beganMs > this.#boundMs) await this.#lookIfSlow(input)
    if (outcome === undefined || this.#outcomes.has(outcome)) return false
    this.#outcomes.add(outcome)
    return true
  }

  get #boundMs(): number {
    return this.#target.boundMs ?? BOUND_MS
  }

  async #attempt(input: Uint8Array): Promise<{ readonly outcome?: string | undefined; readonly failure?: Failure }> {
    try {
      const outcome = this.#target.run(input)
      return { outcome: (outcome instanceof Promise ? await outcome : outcome) ?? undefined }
    } catch (error) {
      return { failure: failureOf(error, input) }
    }
  }

  async #told(failure: Failure): Promise<void> {
    if (this.#places.has(failure.place)) return
    this.#places.add(failure.place)
    const input = await minimised(failure.input, async (candidate) => {
      this.#tell.begins(candidate)
      return (await this.#attempt(candidate)).failure?.place === failure.place
    })
    this.#tell.failed((await this.#attempt(input)).failure ?? failure)
  }

  async #lookIfSlow(input: Uint8Array): Promise<void> {
    let leastMs = Number.POSITIVE_INFINITY
    for (let left = SLOW_TRIES; left > 0; left--) {
      const before = process.threadCpuUsage()
      await this.#attempt(input)
      const { user, system } = process.threadCpuUsage(before)
      leastMs = Math.min(leastMs, (user + system) / 1000)
    }
    if (leastMs <= this.#boundMs || this.#places.has('slow')) return
    this.#places.add('slow')
    const message = `takes ${Math.round(leastMs)} ms of CPU; at most ${this.#boundMs} are allowed`
    this.#tell.failed({ kind: 'slow', place: 'slow', message, input })
  }
}
