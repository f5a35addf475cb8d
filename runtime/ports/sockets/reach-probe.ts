/** Tries whether the ports of other hosts answer. */
export interface ReachProbe {
  /**
   * Null where it answered, else why not, for people. The program that listens there does not notice: the try ends before the
   * handshake does. Never rejects.
   */
  try(address: string, port: number, timeoutMs: number): Promise<string | null>
  /** Ends what is under way, which is answered by nothing; may be called more than once. */
  close(): void
}
