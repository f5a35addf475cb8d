import type { IncomingMessage } from 'node:http'
import { GATEWAY_HEADER } from '../../actors/inspector/http/gateway-header.ts'
import { KNOWN_SOCKETS } from '../../config/service-folders.ts'
import type { Door, Method } from './door.ts'
import { CliError, NoAnswerError } from './env.ts'
import { readConfig } from './read-config.ts'
import { absentOf, socketDoor } from './socket-door.ts'
import { tcpDoor } from './tcp-door.ts'

/** How a command finds the gateway that it asks. */
export interface GatewayChoice {
  /** Path of the control socket. */
  readonly socket?: string
  /** Path of a configuration that names the control socket. */
  readonly config?: string
  /** Of its inspector, on whatever host: then neither of the two above. */
  readonly host?: URL
  /** Path of a file with the token that is shown there. */
  readonly tokenFile?: string
}

const ANSWER_MS = 5000
/** A long listing is made of many answers. */
const PAGE_MS = 20_000
const CONFLICT = 409
/** An answer is a few hundred kilobytes at most; what is longer comes from somebody else. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** The control socket: as named, else that of the configuration, else those that a gateway has by itself. */
async function socketsOf({ socket, config }: GatewayChoice): Promise<readonly string[]> {
  if (socket !== undefined) return [socket]
  if (config === undefined) return KNOWN_SOCKETS
  const loaded = await readConfig(config)
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
  const opened = await openFirst(method, choice, path, () => AbortSignal.timeout(withinMs))
  const { statusCode, headers } = opened.response
  const value = await answerOf(opened)
  if (statusCode === 200 || (takesRefusal && statusCode === CONFLICT)) return { value: value as Value, headers }
  throw refused(value, opened)
}

/** Follows `GET /events` line by line until the gateway or `signal` ends it. */
export async function followGateway(
  choice: GatewayChoice,
  path: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<'interrupted' | 'ended'> {
  try {
    const opened = await openFirst('GET', choice, path, () => signal)
    const { response } = opened
    if (response.statusCode !== 200) throw refused(await answerOf(opened), opened)
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
  readonly door: Door
}

/** By the first door behind which a gateway is; where there is none, the error is that of the one which tells most. */
async function openFirst(
  method: Method,
  choice: GatewayChoice,
  path: string,
  signal: () => AbortSignal,
): Promise<Opened> {
  if (choice.host !== undefined) {
    return openAt(tcpDoor(choice.host, choice.tokenFile), method, path, signal())
  }
  if (choice.tokenFile !== undefined) throw new CliError('--token-file is for --host; a control socket asks for none')
  const errors: NoAnswerError[] = []
  const sockets = await socketsOf(choice)
  for (const door of sockets.map(socketDoor)) {
    try {
      return await openAt(door, method, path, signal())
    } catch (error) {
      if (!(error instanceof NoAnswerError) || error.why === 'silent') throw error
      errors.push(error)
    }
  }
  const [first = absentOf(sockets), ...others] = errors
  throw errors.find(({ why }) => why === 'denied') ?? (others.length > 0 ? absentOf(sockets) : first)
}

/** The whole answer. @throws NoAnswerError where it breaks off, or is nothing that a gateway says */
async function answerOf({ response, door }: Opened): Promise<unknown> {
  let text = ''
  try {
    for await (const part of response.setEncoding('utf8')) {
      text += part
      if (text.length > ANSWER_BYTES_MAX) break
    }
  } catch (error) {
    throw door.explain(error as Error)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw noGateway(door)
  }
}

const noGateway = ({ name, advice }: Door) =>
  new NoAnswerError('absent', `${name}: what answers there is no gateway; ${advice}`)

/** @throws NoAnswerError where something else has answered well: what it means by that is not looked at */
async function openAt(door: Door, method: Method, path: string, signal: AbortSignal): Promise<Opened> {
  const response = await door.open(method, path, signal)
  if (response.statusCode !== 200 || response.headers[GATEWAY_HEADER] !== undefined) return { response, door }
  response.destroy()
  throw noGateway(door)
}

/** A refusal in the words of the gateway, or of the door where that knows better what to do. */
function refused(value: unknown, { response, door }: Opened): CliError {
  const { statusCode } = response
  const { error = `answered ${statusCode}` } = (value ?? {}) as { readonly error?: string }
  return new CliError(door.refusal(statusCode) ?? `the gateway says: ${error}`)
}
