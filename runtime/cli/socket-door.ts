import { http } from '../ports/sockets/http.ts'
import { type Door, explainAnyhow } from './door.ts'
import { NoAnswerError } from './env.ts'

/** The control socket of a gateway on this host. */
export function socketDoor(socketPath: string): Door {
  const explain = (error: NodeJS.ErrnoException) => explained(error, socketPath)
  return {
    name: socketPath,
    advice: 'name its control socket with -s',
    explain,
    refusal: () => undefined,
    open: (method, path, signal) =>
      new Promise((resolve, reject) => {
        const headers = { host: 'localhost' }
        const asked = http.request({ method, socketPath, path, agent: false, signal, headers }, resolve)
        asked.once('error', (error) => reject(explain(error)))
        asked.end()
      }),
  }
}

/** Nobody is at any of them. */
export const absentOf = (sockets: readonly string[]): NoAnswerError =>
  new NoAnswerError(
    'absent',
    `no gateway runs here: nobody listens on ${sockets.join(' or ')}; start one with "proxyha run -c FILE", or name its control socket with -s`,
  )

/** Why there was no answer, and what to do. */
function explained(error: NodeJS.ErrnoException, socketPath: string): NoAnswerError {
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
    default:
      return explainAnyhow(socketPath, error)
  }
}
