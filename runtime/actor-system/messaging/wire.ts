/** Takes what arrives at one end of a wire. */
export interface WireListener {
  bytes(bytes: unknown): void
  /** The other end is gone; everything that it sent was delivered before. Called once, and not after an own `close`. */
  closed(): void
}

/** One end of the ordered, lossless way between two actors: a MessagePort, or a simulated one. */
export interface Wire {
  /** Hands the bytes over; the caller must not touch them any more. */
  post(bytes: Uint8Array<ArrayBuffer>): void
  /** Begins delivery; what arrived before waits for it. */
  listen(listener: WireListener): void
  /** Delivers at once, from within this call, what has arrived and waits. */
  drain(): void
  close(): void
}
