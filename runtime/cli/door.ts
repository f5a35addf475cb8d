import type { IncomingMessage } from 'node:http'
import { NoAnswerError } from './env.ts'

export type Method = 'GET' | 'POST'

/** One way to a gateway. */
export interface Door {
  /** How errors call it: a path, or a URL. */
  readonly name: string
  /** What to do where somebody else answers there. */
  readonly advice: string
  /** The beginning of an answer. @throws NoAnswerError */
  open(method: Method, path: string, signal: AbortSignal): Promise<IncomingMessage>
  /** Why an answer broke off. */
  explain(error: NodeJS.ErrnoException): NoAnswerError
  /** What is told of an answer with that status, beside what the gateway says itself; undefined: nothing. */
  refusal(status: number | undefined): string | undefined
}

/** What every door may meet. */
export function explainAnyhow(name: string, error: NodeJS.ErrnoException): NoAnswerError {
  return error.code === 'ABORT_ERR'
    ? new NoAnswerError('silent', `the gateway did not answer on ${name} in time; look at its log`)
    : new NoAnswerError('silent', `${name}: ${error.message}`)
}
