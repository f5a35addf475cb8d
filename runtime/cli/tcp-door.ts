import { readFileSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { InvalidArgumentError } from 'commander'
import { http } from '../ports/sockets/http.ts'
import { type Door, explainAnyhow } from './door.ts'
import { CliError, NoAnswerError } from './env.ts'

/** Where an inspector listens unless it is told otherwise. */
const PORT_USUAL = 9253
/** A token is a line. */
const TOKEN_CHARACTERS_MAX = 4096

/** `10.10.74.86`, `10.10.74.86:9253`, `https://gateway.example/ha`. @throws InvalidArgumentError for anything else */
export function parseHost(text: string): URL {
  const isBare = !text.includes('://')
  const url = URL.parse(isBare ? `http://${text}` : text)
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.search + url.hash === ''
  if (!isPlain || url.username + url.password !== '')
    throw new InvalidArgumentError('It must be an address, as in 10.10.74.86:9253, or a URL of http or https.')
  // A URL that ends in its scheme's own port is written as without any.
  if (isBare && url.port === '' && !/:80$/.test(text)) url.port = String(PORT_USUAL)
  return url
}

/**
 * The inspector of a gateway on any host; `tokenFile` holds the token that it asks for, if it asks for one.
 * @throws CliError where that file cannot be used
 */
export function tcpDoor(url: URL, tokenFile: string | undefined): Door {
  const token = tokenFile === undefined ? undefined : readToken(tokenFile)
  const request = url.protocol === 'https:' ? requestTls : http.request
  const name = url.href.replace(/\/$/, '')
  const base = url.pathname.replace(/\/$/, '')
  const explain = (error: NodeJS.ErrnoException) => explained(error, name)
  return {
    name,
    advice: 'name the address of its inspector (inspector.listen) with --host',
    explain,
    refusal: (status) => {
      if (status !== 401) return undefined
      return tokenFile === undefined
        ? `${name}: asks for a token; name a file that holds one of its inspector.tokens with --token-file`
        : `${name}: does not take the token of ${tokenFile}; its inspector.tokens has those that it takes`
    },
    open: (method, path, signal) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = url
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
        // Brackets are the notation of a URL; a resolver does not know them.
        const host = hostname.replace(/^\[|\]$/g, '')
        const asked = request({ method, host, port, path: `${base}${path}`, agent: false, signal, headers }, resolve)
        asked.once('error', (error) => reject(explain(error)))
        asked.end()
      }),
  }
}

function readToken(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new CliError(`${path}: the token cannot be read: ${(error as Error).message}`)
  }
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= TOKEN_CHARACTERS_MAX) return text
  throw new CliError(`${path}: must hold one token, and nothing else`)
}

/** Why there was no answer, and what to do. */
function explained(error: NodeJS.ErrnoException, name: string): NoAnswerError {
  const { code = '', message } = error
  if (code === 'ECONNREFUSED')
    return new NoAnswerError(
      'absent',
      `nobody listens on ${name}: no gateway runs there, or its inspector.listen is another address (as it comes, 127.0.0.1)`,
    )
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new NoAnswerError('absent', `${name}: that name is not known here; write the address`)
  if (/^E(HOST|NET)UNREACH$|^ETIMEDOUT$/.test(code))
    return new NoAnswerError('silent', `${name}: that host cannot be reached from here (${code})`)
  if (/^(EPROTO|ERR_SSL_\w+)$/.test(code))
    return new NoAnswerError('silent', `${name}: speaks no TLS there; a gateway itself does not: write http://`)
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return new NoAnswerError(
      'silent',
      `${name}: its certificate is not trusted: ${message}; NODE_EXTRA_CA_CERTS names the file of a further authority`,
    )
  if (code === 'ECONNRESET')
    return new NoAnswerError('absent', `${name}: the connection was cut: no gateway is there, or it has just ended`)
  if (code.startsWith('HPE_')) return new NoAnswerError('absent', `${name}: what answers there is no gateway`)
  return explainAnyhow(name, error)
}
