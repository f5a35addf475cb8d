import { withoutSecrets } from '../../../wire/url-text.ts'
import { done, refused } from '../../result.ts'
import type { Webhooks } from '../webhooks.ts'

/** Of an answer that nobody reads: what is longer ends the connection. */
const DRAINED_BYTES = 65_536
const TOO_MANY_REQUESTS = 429

export function openLinuxWebhooks(): Webhooks {
  const closing = new AbortController()
  return {
    async post(url, json, timeoutMs) {
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal])
      try {
        // Only who has such a notifier has it in memory.
        const { request } = await import('undici')
        const headers = { 'content-type': 'application/json', 'user-agent': 'proxyha' }
        const { statusCode, body } = await request(url, { method: 'POST', headers, body: json, signal })
        await body.dump({ limit: DRAINED_BYTES, signal })
        if (statusCode >= 200 && statusCode <= 299) return done
        const mayPass = statusCode >= 500 || statusCode === TOO_MANY_REQUESTS
        return refused(mayPass ? 'EMAYPASS' : 'EREFUSED', `answers with status ${statusCode}`)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const text = signal.aborted
          ? `gave no answer within ${timeoutMs} ms`
          : reason.replaceAll(url, withoutSecrets(url))
        return refused('EMAYPASS', text)
      }
    },
    close: () => closing.abort(),
  }
}
