import type { Result } from '../result.ts'

/** Tells servers elsewhere what has happened. */
export interface Webhooks {
  /**
   * Sends JSON by POST. Resolves when it was taken (status 200..299), within the time; the reason of a refusal is for people, without the
   * secrets of the URL. Code `EMAYPASS` where another try may do: nobody answered, or a server had a trouble of its own; else
   * `EREFUSED`. Never rejects.
   */
  post(url: string, json: string, timeoutMs: number): Promise<Result>
  /** Ends what is under way. */
  close(): void
}
