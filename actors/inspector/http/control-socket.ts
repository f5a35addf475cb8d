import { lstatSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'

/** The control socket cannot be opened: the gateway must not start. */
class ControlSocketError extends Error {
  readonly code: 'EADDRINUSE' | 'ENOTSOCK' | 'ELISTEN'

  constructor(code: ControlSocketError['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ControlSocketError'
    this.code = code
  }
}

/** Runs what makes a file, so that the file is its owner's alone from the first moment on. */
export type Privately = <Value>(make: () => Value) => Value

/**
 * Listens on a unix socket that only the owner may connect to. The socket of a dead process is replaced; that of a living one
 * is left alone.
 * @throws ControlSocketError
 */
export async function listenOnControlSocket(server: Server, path: string, privately: Privately): Promise<void> {
  if (await isStaleSocket(path)) unlinkSync(path)
  try {
    await listening(server, path, privately)
  } catch (error) {
    throw new ControlSocketError(
      'ELISTEN',
      `${path}: cannot listen there: ${reasonOf(error)}; check its directory`,
      error,
    )
  }
}

function listening(server: Server, path: string, privately: Privately): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const listens = (): void => {
      server.off('error', reject)
      resolve()
    }
    // Bound within the call.
    privately(() => server.listen(path, listens))
  })
}

/**
 * Whether the socket of a dead process is in the way. To be asked before anything of a gateway is started: a second one beside
 * a first would take its virtual IPs for left behind.
 * @throws ControlSocketError where a living gateway has the socket, or the path is no socket.
 */
export async function isStaleSocket(path: string): Promise<boolean> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (!found.isSocket()) {
    throw new ControlSocketError('ENOTSOCK', `${path} is there and is no socket; remove it, or set control.socket`)
  }
  if (await answers(path)) {
    throw new ControlSocketError('EADDRINUSE', `${path}: another gateway runs with this control socket; stop it first`)
  }
  return true
}

/** Whether somebody listens on the socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    // ECONNREFUSED: nobody has it open. EAGAIN: somebody has, and its queue is full.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'))
  })
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
