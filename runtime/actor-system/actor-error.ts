export type ActorErrorCode = 'ETIMEOUT' | 'EPEERDOWN' | 'EREFUSED'

/**
 * Why a request or a control call brought no answer. `ETIMEOUT`: the other took too long; it may still have acted.
 * `EPEERDOWN`: it is not running, or died meanwhile. `EREFUSED`: it was never sent (no such peer, mailbox full, too many pending).
 */
export class ActorError extends Error {
  readonly code: ActorErrorCode

  constructor(code: ActorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ActorError'
    this.code = code
  }
}

export const timedOut = (peer: string, timeoutMs: number): ActorError =>
  new ActorError(
    'ETIMEOUT',
    `${peer} did not answer within ${timeoutMs} ms; ask again, or look at \`proxyha actors\` whether it is stalled`,
  )

export const peerIsDown = (peer: string): ActorError =>
  new ActorError('EPEERDOWN', `${peer} is not running; it is restarted by the supervisor: ask again at the next peerUp`)

/** What a person should read about something that was thrown, whatever it was. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
