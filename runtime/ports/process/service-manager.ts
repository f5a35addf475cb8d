/** Who has started this process and watches over it, such as systemd. */
export interface ServiceManager {
  /** It ends the process that gives no keep-alive for so long, ms; null: it does not. */
  readonly watchdogMs: number | null
  /**
   * Tells what has become of the process, as one message of assignments such as `READY=1` (sd_notify(3)), each on a line. Never waits; what
   * it does not take is lost.
   */
  notify(...assignments: readonly string[]): void
}

/** Of a process that somebody has started by hand: nobody is told, and nobody watches. */
export const NO_MANAGER: ServiceManager = { watchdogMs: null, notify: () => undefined }
