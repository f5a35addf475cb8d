import { type IncomingMessage, request } from 'node:http'
import { loadConfig } from '../../config/load.ts'
import { KNOWN_SOCKETS } from '../../config/service-folders.ts'
import { CliError, NoAnswerError } from './env.ts'

/** How a command finds the gateway that it asks. */
export interface GatewayChoice {
  /** Path of the control socket. */
  readonly socket?: string
  /** Path of a configuration that names the control socket. */
  readonly config?: string
}

type Method = 'GET' | 'POST'

const ANSWER_MS = 5000
/** A long listing is made of many answers. */
const PAGE_MS = 20_000
const CONFLICT = 409
/** An answer is a few hundred kilobytes at most; what is longer comes from somebody else. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** The control socket: as named, else that of the configuration, else those that a gateway has by itself. */
function socketsOf({ socket, config }: GatewayChoice): readonly string[] {
  if (socket !== undefined) return [socket]
  if (config === undefined) return KNOWN_SOCKETS
  const loaded = loadConfig(config)
  if (!loaded.ok) throw new CliError(...loaded.problems)
  return loaded.value.control.socket === undefined ? KNOWN_SOCKETS : [loaded.value.control.socket]
}

/** Asks the gateway; throws a `CliError` that says what to do when there is no answer. */
export async function askGateway<Value>(choice: GatewayChoice, path: string): Promise<Value> {
  return (await exchange<Value>('GET', choice, path)).value
}

/** The same of a page, with how many there are in all. */
export async function askGatewayForPage<Value>(
  choice: GatewayChoice,
  path: string,
): Promise<{ readonly value: Value; readonly total: number }> {
  const { value, headers } = await exchange<Value>('GET', choice, path, { withinMs: PAGE_MS })
  return { value, total: Number(headers['x-total-count']) }
}

/** How an order differs from a question. */
interface OrderOptions {
  /** How long its answer may take; default 5000. */
  readonly withinMs?: number
  /** Its refusal (status 409) is an answer as well, and not an error. */
  readonly takesRefusal?: boolean
}

/** Orders something of the gateway; the same otherwise. */
export async function orderGateway<Value>(choice: GatewayChoice, path: string, options?: OrderOptions): Promise<Value> {
  return (await exchange<Value>('POST', choice, path, options)).value
}

async function exchange<Value>(
  method: Method,
  choice: GatewayChoice,
  path: string,
  { withinMs = ANSWER_MS, takesRefusal = false }: OrderOptions = {},
): Promise<{ readonly value: Value; readonly headers: IncomingMessage['headers'] }> {
  const { response, socketPath } = await openFirst(method, choice, path, () => AbortSignal.timeout(withinMs))
  const text = await textOf(response, socketPath)
  const value = parse(text, socketPath)
  const { statusCode, headers } = response
  if (statusCode === 200 || (takesRefusal && statusCode === CONFLICT)) return { value: value as Value, headers }
  const { error = `answered ${response.statusCode}` } = value as { readonly error?: string }
  throw new CliError(`the gateway says: ${error}`)
}

/** Follows `GET /events` line by line until the gateway or `signal` ends it. */
export async function followGateway(
  choice: GatewayChoice,
  path: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<'interrupted' | 'ended'> {
  try {
    const { response, socketPath } = await openFirst('GET', choice, path, () => signal)
    if (response.statusCode !== 200) {
      const { error } = parse(await textOf(response, socketPath), socketPath) as { readonly error?: string }
      throw new CliError(`the gateway says: ${error}`)
    }
    let rest = ''
    for await (const part of response.setEncoding('utf8')) {
      const lines = `${rest}${part}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
  } catch (error) {
    if (error instanceof CliError && !signal.aborted) throw error
  }
  return signal.aborted ? 'interrupted' : 'ended'
}

interface Opened {
  readonly response: IncomingMessage
  readonly socketPath: string
}

/** On the first socket on which a gateway is; where there is none, the error is that of the one which tells most. */
async function openFirst(
  method: Method,
  choice: GatewayChoice,
  path: string,
  signal: () => AbortSignal,
): Promise<Opened> {
  const errors: NoAnswerError[] = []
  const sockets = socketsOf(choice)
  for (const socketPath of sockets) {
    try {
      return { response: await open(method, socketPath, path, signal()), socketPath }
    } catch (error) {
      if (!(error instanceof NoAnswerError) || error.why === 'silent') throw error
      errors.push(error)
    }
  }
  const [first = absentOf(sockets), ...others] = errors
  throw errors.find(({ why }) => why === 'denied') ?? (others.length > 0 ? absentOf(sockets) : first)
}

function open(method: Method, socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost' }
    const asked = request({ method, socketPath, path, agent: false, signal, headers }, resolve)
    asked.once('error', (error) => reject(explain(error, socketPath)))
    asked.end()
  })
}

async function textOf(response: IncomingMessage, socketPath: string): Promise<string> {
  let text = ''
  try {
    for await (const part of response.setEncoding('utf8')) {
      text += part
      if (text.length > ANSWER_BYTES_MAX) break
    }
  } catch (error) {
    throw explain(error as Error, socketPath)
  }
  return text
}

function parse(text: string, socketPath: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NoAnswerError(
      'absent',
      `${socketPath}: what answers there is no gateway; name its control socket with -s`,
    )
  }
}

const absentOf = (sockets: readonly string[]): NoAnswerError =>
  new NoAnswerError(
    'absent',
    `no gateway runs here: nobody listens on ${sockets.join(' or ')}; start one with "proxyha run -c FILE", or name its control socket with -s`,
  )

/** Why there was no answer, and what to do. */
function explain(error: NodeJS.ErrnoException, socketPath: string): NoAnswerError {
  switch (error.code) {
    case 'ENOENT':
      return new NoAnswerError(
        'absent',
        `no gateway runs here: ${socketPath} is not there; start one with "proxyha run -c FILE", or name its control socket with -s`,
      )
    case 'ECONNREFUSED':
      return new NoAnswerError(
        'absent',
        `no gateway runs here: nobody listens on ${socketPath} any more; start it again with "proxyha run -c FILE"`,
      )
    case 'EACCES':
    case 'EPERM':
      return new NoAnswerError(
        'denied',
        `${socketPath}: permission denied; ask as the user that the gateway runs as, mostly root`,
      )
    case 'ABORT_ERR':
      return new NoAnswerError('silent', `the gateway did not answer on ${socketPath} in time; look at its log`)
    default:
      return new NoAnswerError('silent', `${socketPath}: ${error.message}`)
  }
}
