import type { Server } from 'node:http'
import type { ActorContext, ActorInstance, StartActor } from '../../runtime/actor-system/actor.ts'
import type { InspectionEvent } from '../../runtime/actor-system/inspection/inspection.ts'
import { LostLines } from '../../runtime/actor-system/inspection/lost-lines.ts'
import type { CancelTimer } from '../../runtime/ports/host/clock.ts'
import { EventLog } from './event-log.ts'
import { accessOf, type TcpAccess } from './http/access.ts'
import { listenOnControlSocket, type Privately } from './http/control-socket.ts'
import { EventStreams } from './http/event-streams.ts'
import { createInspectorServer, failure } from './http/server.ts'
import { Strangers } from './http/strangers.ts'
import type { InspectorMessage, InspectorPeers, SupervisorControl } from './messages.ts'
import { InspectorRoutes, PAGE_PATH } from './routes.ts'
import { SliceGatherer } from './slices.ts'
import { assembleStatus, type GatewayIdentity } from './status.ts'

export interface InspectorOptions extends GatewayIdentity {
  readonly control: { readonly socketPath: string }
  /** The actors that are asked for the status. */
  readonly described: readonly string[]
  /** Of the gateway's log, as `LostLines` has them. */
  readonly lostLines: SharedArrayBuffer
  /** There may be no tokens on a loopback address only; the configuration sees to that. */
  readonly inspector: TcpAccess & { readonly port: number }
}

export interface InspectorPorts {
  readonly privately: Privately
}

/** An address that is taken may be given up: a gateway that has just been replaced, say. */
const BIND_RETRY_MS = 5_000
/** Between two lines about requests that were refused. */
const REFUSALS_TOLD_EVERY_MS = 10_000

/**
 * The inspector: HTTP on the control socket and on `inspector.listen`. Wants every event (`observes`), and the controls of
 * all actors that describe themselves, of the dispatcher and of the supervisor.
 * @throws ControlSocketError where the control socket is another gateway's or cannot be made. A TCP port that is taken is a
 * warning instead: the command line works without it.
 */
export const startInspector: StartActor<InspectorOptions, InspectorPorts, InspectorMessage, InspectorPeers> = async (
  context,
  options,
  ports,
) => {
  const inspector = new Inspector(context, options, ports)
  await inspector.listen()
  return inspector
}

class Inspector implements ActorInstance<InspectorMessage, InspectorOptions> {
  readonly #context: ActorContext<InspectorPeers>
  readonly #ports: InspectorPorts
  #options: InspectorOptions
  readonly #events = new EventLog()
  readonly #streams: EventStreams
  readonly #routes: InspectorRoutes
  readonly #control: Server
  readonly #tcp: Server
  #bindWarning: string | null = null
  #cancelRetry: CancelTimer = () => undefined
  #stopped = false
  readonly #strangers = new Strangers()
  readonly #refusals = { 401: 0, 403: 0 }
  #untoldRefusals = 0
  #refusalToldMs = Number.NEGATIVE_INFINITY

  constructor(context: ActorContext<InspectorPeers>, options: InspectorOptions, ports: InspectorPorts) {
    this.#context = context
    this.#ports = ports
    this.#options = options
    this.#streams = new EventStreams(this.#events, context.clock, (on) => this.#watch(on))
    this.#routes = new InspectorRoutes({
      context,
      router: options.forwarding === 'kernel' ? 'fast-path' : 'dispatcher',
      gatherer: new SliceGatherer(context, () => this.#options),
      identity: () => this.#options,
      events: this.#events,
      streams: this.#streams,
      refusals: () => this.#refusals,
      lostLines: new LostLines(options.lostLines),
      statusOf: (gathered) =>
        assembleStatus(this.#options, gathered, this.#bindWarning === null ? [] : [this.#bindWarning]),
    })
    this.#control = createInspectorServer((request, response) =>
      this.#routes.handle('control', request, response, 'operator'),
    )
    this.#tcp = createInspectorServer(async (request, response) => {
      const access = accessOf(this.#options.inspector, request.headers)
      if (access.granted) {
        this.#strangers.admit(request.socket)
        return this.#routes.handle('tcp', request, response, access.role)
      }
      const isOpen = access.status === 401 && request.url === PAGE_PATH
      if (isOpen) return this.#routes.handle('tcp', request, response, 'viewer')
      this.#noteRefusal(access.status, request.socket.remoteAddress ?? 'somebody')
      return failure(access.status, access.reason, { 'www-authenticate': 'Bearer', connection: 'close' })
    })
    this.#tcp.on('connection', (socket) => {
      if (this.#options.inspector.tokens.length > 0) this.#strangers.add(socket)
    })
  }

  /** Counted, and told at most once in a while, with how many there were since. */
  #noteRefusal(status: 401 | 403, from: string): void {
    this.#refusals[status] += 1
    this.#untoldRefusals += 1
    const { clock } = this.#context
    if (clock.nowMs() < this.#refusalToldMs + REFUSALS_TOLD_EVERY_MS) return
    this.#refusalToldMs = clock.nowMs()
    const others = this.#untoldRefusals === 1 ? '' : ` (${this.#untoldRefusals} since the last such line)`
    const what = status === 401 ? 'without the right token' : 'under a foreign name'
    this.#context.log('warn', `inspector: a request ${what} from ${from} was refused${others}`)
    this.#untoldRefusals = 0
  }

  async listen(): Promise<void> {
    await listenOnControlSocket(this.#control, this.#options.control.socketPath, this.#ports.privately)
    await this.#listenOnTcp()
  }

  receive(message: InspectorMessage): void {
    message satisfies never
  }

  configure(options: InspectorOptions): void {
    this.#options = options
  }

  observe(event: InspectionEvent): void {
    this.#events.add(event)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry()
    this.#streams.close()
    await Promise.all([closed(this.#control), closed(this.#tcp)])
  }

  /** Resolves when it listens or has failed to; a failure is tried again later. */
  #listenOnTcp(): Promise<void> {
    const { address, port } = this.#options.inspector
    return new Promise((resolve) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        this.#tcp.off('listening', onListening)
        this.#bindFailed(
          `inspector: cannot listen on ${address} port ${port}: ${error.code}; status is on the control socket`,
        )
        resolve()
      }
      const onListening = (): void => {
        this.#tcp.off('error', onError)
        if (this.#bindWarning !== null) this.#context.log('info', `inspector: listens on ${address} port ${port}`)
        this.#bindWarning = null
        resolve()
      }
      this.#tcp.once('error', onError)
      this.#tcp.once('listening', onListening)
      this.#tcp.listen(port, address)
    })
  }

  #bindFailed(warning: string): void {
    if (this.#stopped) return
    if (this.#bindWarning !== warning) this.#context.log('warn', warning)
    this.#bindWarning = warning
    this.#cancelRetry = this.#context.clock.setTimer(BIND_RETRY_MS, () => void this.#listenOnTcp())
  }

  #watch(on: boolean): void {
    // Whoever does not see single messages because the supervisor is busy sees the other events nonetheless.
    this.#context
      .control<SupervisorControl>('supervisor')
      ?.watch(on)
      .catch(() => undefined)
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
