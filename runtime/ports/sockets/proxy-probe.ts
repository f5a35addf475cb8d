import type { Result } from '../result.ts'

/** What a proxy on this host is asked for. */
export type Probe =
  /** Whether it takes a TCP connection. */
  | { readonly type: 'connect'; readonly port: number; readonly timeoutMs: number }
  /** Whether it fetches this URL, and with which status. Redirections are not followed. */
  | {
      readonly type: 'http'
      readonly port: number
      readonly url: string
      /** Empty: 200..399. */
      readonly expectedStatus: readonly number[]
      readonly timeoutMs: number
    }

/** Asks the proxies of this host what their clients would ask. */
export interface ProxyProbe {
  /** Answers within the probe's time. The reason of a refusal is for people. Never rejects. */
  probe(probe: Probe): Promise<Result>
  /** Ends what is under way. */
  close(): void
}
