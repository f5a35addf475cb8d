import type { ReachProbe } from '../../runtime/ports/sockets/reach-probe.ts'

/** Answers as the test says; what is not said answers. */
export class FakeReachProbe implements ReachProbe {
  /** By `address:port`. */
  readonly problems = new Map<string, string>()
  readonly tried: string[] = []
  isClosed = false

  async try(address: string, port: number): Promise<string | null> {
    this.tried.push(`${address}:${port}`)
    return this.problems.get(`${address}:${port}`) ?? null
  }

  close(): void {
    this.isClosed = true
  }
}
