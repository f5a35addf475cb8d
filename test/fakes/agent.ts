import type { Agent, AgentQuestion } from '../../runtime/ports/host/agent.ts'
import type { Result } from '../../runtime/ports/result.ts'

/** Keeps what was asked; the test answers, in that order. */
export class FakeAgent implements Agent {
  readonly asked: AgentQuestion[] = []
  isClosed = false
  readonly #waiting: ((result: Result<string>) => void)[] = []

  ask(question: AgentQuestion): Promise<Result<string>> {
    this.asked.push(question)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** To the question that has waited longest. */
  answer(result: Result<string>): void {
    this.#waiting.shift()?.(result)
  }

  close(): void {
    this.isClosed = true
  }
}
