/** The source of chance, injected so that a run can be repeated from its seed. */
export interface Random {
  /** A whole number in 0..2^32-1. */
  uint32(): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}
