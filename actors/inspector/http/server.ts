import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { legibleJson } from '../../../runtime/actor-system/inspection/legible-text.ts'
import { http } from '../../../runtime/ports/sockets/http.ts'
import { Connection } from './connection.ts'
import { GATEWAY_HEADERS } from './gateway-header.ts'

/** What one caller, or all of them, may take. */
const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 8192
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5_000
/** What is longer is encoded once, and not for every reader. */
const LONG_CHARACTERS = 65_536

export type ContentType =
  | 'application/json'
  | 'text/plain; version=0.0.4; charset=utf-8'
  | 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  | 'text/html; charset=utf-8'
  | 'text/javascript; charset=utf-8'
  | 'text/css; charset=utf-8'

/** An answer that is a whole. */
export interface Answer {
  readonly status: number
  readonly type: ContentType
  /** Bytes where it is long, so that many readers of one answer have it once. */
  readonly body: string | Buffer
  /** To be called once it is sent, or cannot be. */
  readonly sent?: () => void
  readonly headers?: Readonly<Record<string, string>>
}

/** Sees to a request: gives its answer, or `streaming` when it has taken the response for itself. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<Answer | 'streaming'>

/** An HTTP server that is bounded in every direction. Not listening yet. */
export function createInspectorServer(handle: Handle): Server {
  const server = http.createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      const connection = connections.get(request.socket)
      if (connection !== undefined) void serve(request, response, handle, connection)
    },
  )
  const connections = new WeakMap<Socket, Connection>()
  server.on('connection', (socket: Socket) => connections.set(socket, new Connection(socket)))
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/** JSON on one line, so that it can be read with line tools too. */
export function json(status: number, value: unknown, headers?: Readonly<Record<string, string>>): Answer {
  const text = `${legibleJson(JSON.stringify(value))}\n`
  const body = text.length > LONG_CHARACTERS ? Buffer.from(text) : text
  return { status, type: 'application/json', body, ...(headers && { headers }) }
}

/** Why something is not answered; stable, for scripts. */
const ERROR_CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  401: 'token-required',
  403: 'not-permitted',
  404: 'no-such-path',
  405: 'wrong-method',
  409: 'refused',
  413: 'has-a-body',
  500: 'internal',
  503: 'unavailable',
  504: 'under-way',
}

/** A refusal that says why, for people and by a code. */
export const failure = (status: number, error: string, headers?: Readonly<Record<string, string>>): Answer =>
  json(status, { error, code: errorCode(status) }, headers)

export const errorCode = (status: number): string => ERROR_CODES[status] ?? 'error'

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: Handle,
  connection: Connection,
): Promise<void> {
  if (!connection.begin(response)) return
  // Nothing here takes a body: one that is announced is refused, and not read.
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody) return write(response, failure(413, 'no request has a body here', { connection: 'close' }))
  try {
    const answer = await handle(request, response)
    if (answer === 'streaming') return
    if (answer.sent !== undefined) connection.whenSent(response, answer.sent)
    write(response, answer)
  } catch (error) {
    write(response, failure(500, error instanceof Error ? error.message : String(error)))
  }
}

function write(response: ServerResponse, answer: Answer): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(answer.status, {
    ...GATEWAY_HEADERS,
    'content-type': answer.type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
  })
  response.end(answer.body)
}
