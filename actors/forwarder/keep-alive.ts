import { type Connections, NODE_END, OPEN } from './connections.ts'

/** How often an end that does not answer is asked before it is taken for gone. */
const PROBES = 4
/** TCP_KEEPINTVL's bounds that make sense: an end is given up after twice the silence, or a little later. */
const LONGEST_INTERVAL_S = 75

/**
 * Asks the ends of silent connections whether they are there, so that no time-out has to guess. Set once a connection falls
 * silent, not when it begins: the kernel's timers for it cost a short connection more than it is worth.
 */
export class KeepAlive {
  readonly #connections: Connections
  #idleS: number

  /** `keepAliveMs` 0: nobody is asked. */
  constructor(connections: Connections, keepAliveMs: number) {
    this.#connections = connections
    this.#idleS = inSeconds(keepAliveMs)
  }

  /** Another time from now on, for connections that are asked already as well. */
  change(keepAliveMs: number): void {
    const idleS = inSeconds(keepAliveMs)
    if (idleS === this.#idleS) return
    this.#idleS = idleS
    const { state, keptAlive, highest } = this.#connections
    for (let connection = 0; connection < highest; connection++) {
      if (state[connection] === OPEN && keptAlive[connection] === 1) this.#set(connection)
    }
  }

  /** Begins with a connection that is open and silent. */
  begin(connection: number): void {
    const { keptAlive } = this.#connections
    if (this.#idleS === 0 || keptAlive[connection] === 1) return
    keptAlive[connection] = 1
    this.#set(connection)
  }

  #set(connection: number): void {
    const { sockets, keptAlive } = this.#connections
    const intervalS = Math.min(LONGEST_INTERVAL_S, Math.max(1, Math.round(this.#idleS / PROBES)))
    for (let end = connection * 2; end <= connection * 2 + NODE_END; end++) {
      sockets.setKeepAlive(this.#connections.fd(end), this.#idleS, intervalS, PROBES)
    }
    if (this.#idleS === 0) keptAlive[connection] = 0
  }
}

const inSeconds = (ms: number): number => Math.ceil(ms / 1000)
