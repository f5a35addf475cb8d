import type { Webhooks } from '../../runtime/ports/host/webhooks.ts'
import type { Result } from '../../runtime/ports/result.ts'

/** Keeps what was sent; the test answers, in that order. */
export class FakeWebhooks implements Webhooks {
  readonly posts: { readonly url: string; readonly body: unknown; readonly timeoutMs: number }[] = []
  isClosed = false
  readonly #waiting: ((result: Result) => void)[] = []

  post(url: string, json: string, timeoutMs: number): Promise<Result> {
    this.posts.push({ url, body: JSON.parse(json), timeoutMs })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** To the one that has waited longest; resolves when whoever has sent it knows. */
  async answer(result: Result): Promise<void> {
    this.#waiting.shift()?.(result)
    await new Promise((settled) => setImmediate(settled))
  }

  close(): void {
    this.isClosed = true
  }
}
