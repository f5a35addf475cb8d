import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that one connection may have under way (pipelining). With more it is ended: who reads answers has fewer. */
const REQUESTS_MAX = 256
/** A reader that takes nothing of an answer for so long is gone. */
const SENDING_MS = 10_000

/** One connection of a reader, and its requests that have no whole answer yet. */
export class Connection {
  readonly #socket: Socket
  readonly #underWay = new Set<ServerResponse>()
  readonly #whenSent = new Map<ServerResponse, () => void>()

  constructor(socket: Socket) {
    this.#socket = socket
    // Answers that wait behind another are told nothing when the connection ends.
    socket.once('close', () => {
      for (const response of this.#underWay) this.#end(response)
    })
  }

  /** A request has come; false where there are too many, and the connection is ended. */
  begin(response: ServerResponse): boolean {
    if (this.#socket.destroyed) return false
    if (this.#underWay.size >= REQUESTS_MAX) {
      this.#socket.destroy()
      return false
    }
    this.#underWay.add(response)
    response.once('close', () => this.#end(response))
    return true
  }

  /** `told` is called when the answer has gone, or never will. */
  whenSent(response: ServerResponse, told: () => void): void {
    if (!this.#underWay.has(response)) {
      told()
      return
    }
    this.#whenSent.set(response, told)
    response.setTimeout(SENDING_MS, () => this.#socket.destroy())
  }

  #end(response: ServerResponse): void {
    this.#underWay.delete(response)
    this.#whenSent.get(response)?.()
    this.#whenSent.delete(response)
  }
}
