import { type Result, refused } from '../../result.ts'
import {
  AF_UNIX,
  close,
  lastFailure,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  sendto,
  sockaddrUnix,
  socket,
} from './libc.ts'

/** Sends datagrams to one unix socket, which Node.js cannot. */
export interface UnixDatagrams {
  /** Never waits. False where it was not taken: nobody is there, or does not keep up. */
  send(message: Uint8Array): boolean
  close(): void
}

/**
 * To a path of the file system, or an abstract name that begins with a NUL (unix(7)). Each is sent to the name, not over a connection, so
 * whoever is there anew gets the next one without any reopening here.
 */
export function openUnixDatagrams(name: string): Result<UnixDatagrams> {
  const address = sockaddrUnix(name)
  if (!address) return refused('ENAMETOOLONG', `${name} is too long for a unix socket`)
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return lastFailure('unix datagram socket')
  let closed = false
  return {
    ok: true,
    value: {
      send: (message) =>
        !closed && sendto(fd, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length) >= 0,
      close() {
        if (!closed) close(fd)
        closed = true
      },
    },
  }
}
