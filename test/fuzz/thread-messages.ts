import type { Failure } from './failure.ts'

/** What a thread is to do. */
export interface Work {
  readonly target: string
  readonly seed: number
  readonly inputs: number
  readonly minutes: number
  /** What has reached something new becomes the corpus. */
  readonly keep: boolean
  /** This one input, and no other. */
  readonly only: Uint8Array | undefined
  /** Count of the inputs so far, length of the one that is run, and its bytes. */
  readonly watched: SharedArrayBuffer
}

/** What it tells. */
export type Told =
  | { readonly type: 'failed'; readonly failure: Failure }
  | {
      readonly type: 'ended'
      readonly inputs: number
      readonly tookMs: number
      /** Blocks. */
      readonly reached: number
      readonly known: number
      readonly files: readonly (readonly [string, readonly [number, number]])[]
      readonly kept: number
    }
  | { readonly type: 'kept'; readonly inputs: number }
