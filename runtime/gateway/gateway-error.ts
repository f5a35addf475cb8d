/** A gateway that could not be started. `code` is stable; the message says what to do. */
export class GatewayError extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'GatewayError'
    this.code = code
  }
}
