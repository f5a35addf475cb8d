import type { Result } from '../../runtime/ports/result.ts'
import type { Probe, ProxyProbe } from '../../runtime/ports/sockets/proxy-probe.ts'

/** Keeps what was asked; the test answers, in that order. */
export class FakeProxyProbe implements ProxyProbe {
  readonly asked: Probe[] = []
  isClosed = false
  readonly #waiting: ((result: Result) => void)[] = []

  probe(probe: Probe): Promise<Result> {
    this.asked.push(probe)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** To the question that has waited longest. */
  answer(result: Result): void {
    this.#waiting.shift()?.(result)
  }

  close(): void {
    this.isClosed = true
  }
}
