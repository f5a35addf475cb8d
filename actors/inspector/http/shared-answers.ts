import { type Answer, failure } from './server.ts'

/** What the answers of one path may take. */
export interface AnswerLimits {
  /** Answers that are made at a time. */
  readonly making: number
  /** For which an answer may be had by whoever asks the same. */
  readonly keptMs: number
}

interface SharingClock {
  setTimer(delayMs: number, fire: () => void): () => void
}

/** Askers that wait for their turn; the next one is refused. */
const WAITING_MAX = 64
/** Of different answers that are on their way to somebody who reads slowly; with more the next one is refused. */
const HELD_BYTES_MAX = 64 * 1024 * 1024

/**
 * The answers of one path. Who asks the same while it is answered gets the same answer, and everybody else waits: however many
 * ask, the actors that are asked in turn have few questions before them. Each answer is made in a turn of the event loop of its own.
 */
export class SharedAnswers {
  readonly #limits: AnswerLimits
  readonly #clock: SharingClock
  readonly #shared = new Map<string, Promise<Answer>>()
  readonly #waiting: (() => void)[] = []
  readonly #held = new Map<Answer, number>()
  #making = 0
  #heldBytes = 0

  constructor(limits: AnswerLimits, clock: SharingClock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** `key`: all that the answer depends on. */
  async answer(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const answer = await this.#shareOrMake(key, make)
    // A refusal is small, and has nothing behind it.
    return answer.status === 200 ? { ...answer, sent: this.#hold(answer) } : answer
  }

  #shareOrMake(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const there = this.#shared.get(key)
    if (there !== undefined) return there
    if (this.#waiting.length >= WAITING_MAX || this.#heldBytes >= HELD_BYTES_MAX) {
      return Promise.resolve(failure(503, 'too many ask for this at once; try again later', { 'retry-after': '1' }))
    }
    const answered = this.#inTurn(make)
    this.#shared.set(key, answered)
    const forget = (): void => void this.#shared.delete(key)
    answered.then((answer) => {
      if (this.#limits.keptMs > 0 && answer.status === 200) this.#clock.setTimer(this.#limits.keptMs, forget)
      else forget()
    }, forget)
    return answered
  }

  /** The answer is being sent; returns what to call when it has gone, or will not. */
  #hold(answer: Answer): () => void {
    const holders = this.#held.get(answer) ?? 0
    if (holders === 0) this.#heldBytes += answer.body.length
    this.#held.set(answer, holders + 1)
    return () => {
      const left = (this.#held.get(answer) ?? 1) - 1
      if (left > 0) return void this.#held.set(answer, left)
      this.#held.delete(answer)
      this.#heldBytes -= answer.body.length
    }
  }

  async #inTurn(make: () => Promise<Answer>): Promise<Answer> {
    if (this.#making >= this.#limits.making) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#making += 1
    try {
      // The thread shows its signs of life between two of them.
      await new Promise<void>((resolve) => setImmediate(resolve))
      return await make()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#making -= 1
      else next()
    }
  }
}
