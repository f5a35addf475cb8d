import { isDeepStrictEqual } from 'node:util'
import type { SeededRandom } from '../fakes/random.ts'

/** Something that takes what others have written, and what has to hold whatever that is. */
export interface FuzzTarget {
  readonly name: string
  /** Real ones, to begin with. */
  readonly seeds: readonly Uint8Array[]
  /** What the code looks for: mutations put these in. */
  readonly words?: readonly (string | Uint8Array)[]
  /** Longest input that is made. */
  readonly mostBytes: number
  /** CPU that one input may take, in ms; without it `BOUND_MS`. */
  readonly boundMs?: number
  /** A mutation that knows the format; used for half of the inputs, beside those of bytes. */
  mutate?(input: Uint8Array, random: SeededRandom): Uint8Array
  /**
   * Throws where something does not hold. May answer what became of the input: one that has another outcome than all before is kept, as
   * one is that reaches a new block.
   */
  run(input: Uint8Array): Outcome | Promise<Outcome>
  /** Undoes what the target has opened. */
  close?(): Promise<void>
}

// biome-ignore lint/suspicious/noConfusingVoidType: most targets answer nothing
type Outcome = string | void

export const BOUND_MS = 200

/** A property that does not hold. */
class Violation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Violation'
  }
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what)
}

/** `what`: the property, told where both are not deeply equal. */
export function same(one: unknown, other: unknown, what: string): void {
  if (!isDeepStrictEqual(one, other)) throw new Violation(`${what}: ${shown(one)} and ${shown(other)}`)
}

const SHOWN_CHARACTERS = 400

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, each) => {
    if (each instanceof Map) return [...each]
    if (each instanceof Uint8Array) return Buffer.from(each).toString('hex')
    return typeof each === 'bigint' ? String(each) : each
  })
  return String(text).slice(0, SHOWN_CHARACTERS)
}

const GUARD_BYTES = 16

/**
 * What a parser makes of these bytes. It gets them twice, as a window into a longer buffer that is filled with something else each time:
 * one that reads beyond them, or writes anywhere, gives itself away.
 */
export function parsed<Value>(input: Uint8Array, parse: (bytes: Buffer) => Value): Value {
  const [one, other] = [0x00, 0xff].map((filling) => {
    const around = Buffer.alloc(input.length + 2 * GUARD_BYTES, filling)
    around.set(input, GUARD_BYTES)
    const before = Buffer.from(around)
    const value = parse(around.subarray(GUARD_BYTES, GUARD_BYTES + input.length))
    holds(around.equals(before), 'a parser does not write to what it reads')
    return value
  })
  same(one, other, 'a parser does not read beyond its packet')
  return one as Value
}

/** Nothing but these may be thrown; what is thrown is returned. */
export function thrownBy(call: () => unknown, ...declared: readonly (abstract new (...parts: never[]) => Error)[]) {
  try {
    call()
    return undefined
  } catch (error) {
    if (declared.some((kind) => error instanceof kind)) return error as Error
    throw error
  }
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text)
export const textOf = (input: Uint8Array): string => Buffer.from(input).toString('utf8')
