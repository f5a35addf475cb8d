/** What the watch for adverts tells of each. */
export interface AdvertSeen {
  /** CLOCK_MONOTONIC. */
  readonly atMs: number
}
