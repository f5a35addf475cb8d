import type { ActorContext } from '../../runtime/actor-system/actor.ts'
import type { WriteLog } from '../../runtime/actor-system/machine/machine.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { IpProtocol, RawIpPort } from '../../runtime/ports/raw-ip/raw-ip.ts'
import { errorOf, type Refusal, type Result } from '../../runtime/ports/result.ts'
import { initialSockets, type SocketsEffect, type SocketsEvent, type SocketsState, stepSockets } from './machine.ts'

/** Refusals that no waiting cures: the gateway must not start. */
const HOPELESS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'ENOADDON',
  'ENOSYS',
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
])

export interface SocketsOptions {
  readonly port: RawIpPort
  readonly interfaceName: string
  readonly sourceAddress: string
  /** What the log and the status call them. */
  readonly title: string
}

export interface SocketsSurroundings {
  readonly clock: Clock
  packet(protocol: IpProtocol, packet: Uint8Array): void
  /** They were closed, and are open now. */
  reopened(): void
  log(level: WriteLog['level'], line: string, fields: WriteLog['fields']): void
  readonly guard: ActorContext['guard']
}

/** The raw sockets of one address family, kept open by the machine. Those of the other family do not go down with them. */
export class Sockets {
  readonly port: RawIpPort
  #options: SocketsOptions
  readonly #surroundings: SocketsSurroundings
  #state: SocketsState
  #cancelReopen = (): void => undefined
  #stopped = false

  constructor(options: SocketsOptions, surroundings: SocketsSurroundings) {
    this.port = options.port
    this.#options = options
    this.#surroundings = surroundings
    this.#state = initialSockets(options.title)
  }

  get state(): SocketsState {
    return this.#state
  }

  /** Throws where raw sockets are not permitted; an interface or address that is not there (yet) is waited for. */
  start(): void {
    const opened = this.#open()
    if (!opened.ok && HOPELESS.has(opened.code)) throw errorOf(opened)
    this.take(openEvent(opened))
  }

  take(event: SocketsEvent): void {
    if (this.#stopped) return
    const before = this.#state
    const { state, effects } = stepSockets(before, event)
    this.#state = state
    if (state.reopened > before.reopened) this.#surroundings.reopened()
    for (const effect of effects) this.#carryOut(effect)
  }

  /** To send from another address from now on. */
  moveTo(sourceAddress: string): void {
    if (sourceAddress === this.#options.sourceAddress) return
    this.#options = { ...this.#options, sourceAddress }
    this.take({ type: 'interfaceChanged' })
  }

  stop(): void {
    this.#stopped = true
    this.#cancelReopen()
    this.port.close()
  }

  #open(): Result {
    const { interfaceName, sourceAddress } = this.#options
    const { guard, packet } = this.#surroundings
    return this.port.open(interfaceName, sourceAddress, {
      packet: guard((protocol: IpProtocol, bytes: Uint8Array) => {
        this.take({ type: 'worked' })
        packet(protocol, bytes)
      }),
      error: guard((_protocol: IpProtocol, reason: string) => this.take({ type: 'lost', reason })),
    })
  }

  #carryOut(effect: SocketsEffect): void {
    switch (effect.type) {
      case 'open':
        this.take(openEvent(this.#open()))
        return
      case 'close':
        this.port.close()
        return
      case 'startTimer': {
        const { timer, delayMs } = effect
        this.#cancelReopen()
        this.#cancelReopen = this.#surroundings.clock.setTimer(delayMs, () =>
          this.take({ type: 'timerExpired', timer }),
        )
        return
      }
      case 'cancelTimer':
        this.#cancelReopen()
        return
      case 'log':
        this.#surroundings.log(effect.level, effect.line, effect.fields)
        return
      default:
        effect satisfies never
    }
  }
}

function openEvent(opened: { readonly ok: true } | Refusal): SocketsEvent {
  return opened.ok ? { type: 'opened' } : { type: 'openFailed', reason: opened.reason }
}
