import { getSystemErrorName } from 'node:util'
import { parseClientKey } from '../../../table/client-key.ts'
import { letGo } from '../../process/linux/descriptors.ts'
import { ERROR, HANGUP, type StreamSockets, WRITABLE } from '../epoll.ts'
import type { ReachProbe } from '../reach-probe.ts'
import { linuxStreamSockets } from './epoll.ts'

/** How often the answers are looked at: well below the 200 ms after which the kernel would finish the handshake by itself. */
const LOOK_MS = 20

interface Try {
  readonly fd: number
  readonly giveUpAtMs: number
  readonly end: (problem: string | null) => void
  readonly timeoutMs: number
}

/**
 * Asks by a SYN. The socket holds its half of the handshake back, as if bytes would follow, and is reset as soon as the answer
 * is there: the other kernel forgets the connection before any program there hears of it, so no proxy logs it.
 */
export function openLinuxReachProbe(): ReachProbe {
  return new LinuxReachProbe(linuxStreamSockets())
}

class LinuxReachProbe implements ReachProbe {
  readonly #sockets: StreamSockets
  /** Negative where there is none, or none any more. */
  #queue: number
  readonly #scratch
  readonly #underWay = new Map<number, Try>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(sockets: StreamSockets) {
    this.#sockets = sockets
    this.#queue = sockets.createQueue()
    this.#scratch = sockets.allocate(1)
  }

  try(address: string, port: number, timeoutMs: number): Promise<string | null> {
    const key = parseClientKey(address)
    const sockets = this.#sockets
    const fd = key === undefined || this.#queue < 0 ? -1 : sockets.connect(sockets.socketAddress(key, port), true)
    if (fd < 0) return Promise.resolve(`${getSystemErrorName(fd)}`)
    sockets.watch(this.#queue, fd, WRITABLE, fd, 0)
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS)
    return new Promise((end) => {
      this.#underWay.set(fd, { fd, giveUpAtMs: performance.now() + timeoutMs, end, timeoutMs })
    })
  }

  close(): void {
    clearInterval(this.#timer)
    for (const fd of this.#underWay.keys()) this.#sockets.reset(fd)
    this.#underWay.clear()
    if (this.#queue < 0) return
    letGo(this.#queue)
    this.#sockets.close(this.#queue)
    this.#queue = -1
  }

  #look(): void {
    const count = this.#sockets.wait(this.#queue, 0)
    for (let index = 0; index < count; index++) {
      const fd = this.#sockets.eventTag(index)
      const failed = (this.#sockets.eventMask(index) & (ERROR | HANGUP)) !== 0
      this.#end(fd, failed ? this.#errorOf(fd) : null)
    }
    const nowMs = performance.now()
    for (const { fd, giveUpAtMs, timeoutMs } of this.#underWay.values()) {
      if (nowMs >= giveUpAtMs) this.#end(fd, `no answer within ${timeoutMs} ms`)
    }
    if (this.#underWay.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #errorOf(fd: number): string {
    const error = this.#sockets.recv(fd, this.#scratch, 1)
    return error < 0 ? getSystemErrorName(error) : 'broken off'
  }

  #end(fd: number, problem: string | null): void {
    const ended = this.#underWay.get(fd)
    this.#underWay.delete(fd)
    this.#sockets.reset(fd)
    ended?.end(problem)
  }
}
