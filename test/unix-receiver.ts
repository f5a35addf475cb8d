import { rmSync } from 'node:fs'
import {
  AF_UNIX,
  bind,
  close,
  lastFailure,
  MSG_DONTWAIT,
  recv,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  sockaddrUnix,
  socket,
} from '../runtime/ports/sockets/linux/libc.ts'

/** Who listens on a unix datagram socket: a system log, a service manager. */
export class UnixReceiver {
  readonly #name: string
  readonly #fd: number
  readonly #buffer = Buffer.alloc(65_536)

  /** `name`: a path, or an abstract name, which begins with a NUL. */
  constructor(name: string) {
    this.#name = name
    this.#fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    const address = sockaddrUnix(name) ?? new Uint8Array()
    if (bind(this.#fd, address, address.length) < 0) throw new Error(JSON.stringify(lastFailure(name)))
  }

  /** What has arrived since it was last asked. */
  received(): string[] {
    const messages: string[] = []
    for (;;) {
      const length = recv(this.#fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT)
      if (length < 0) return messages
      messages.push(this.#buffer.toString('utf8', 0, length))
    }
  }

  close(): void {
    close(this.#fd)
    if (!this.#name.startsWith('\0')) rmSync(this.#name)
  }
}
