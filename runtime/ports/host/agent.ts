import type { Result } from '../result.ts'

/** How the operator's own figure of this node is asked for. */
export type AgentQuestion =
  /** A program and its arguments, without a shell: what it prints, if it ends with 0. */
  | { readonly type: 'command'; readonly command: readonly string[]; readonly timeoutMs: number }
  /** The body of the answer, if its status is 200..299. */
  | { readonly type: 'http'; readonly url: string; readonly timeoutMs: number }

/** Asks what only the operator knows of this node. */
export interface Agent {
  /** Answers within the question's time, with at most `AGENT_ANSWER_MAX` characters. The reason of a refusal is for people. Never rejects. */
  ask(question: AgentQuestion): Promise<Result<string>>
  /** Ends what is under way. */
  close(): void
}

/** More is no answer. */
export const AGENT_ANSWER_MAX = 4096
