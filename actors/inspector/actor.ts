import type { Server } from 'node:http'
import type { ActorContext, ActorInstance, StartActor } from '../../runtime/actor-system/actor.ts'
import type { InspectionEvent } from '../../runtime/actor-system/inspection/inspection.ts'
import { LostLines } from '../../runtime/actor-system/inspection/lost-lines.ts'
import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { CancelTimer } from '../../runtime/ports/host/clock.ts'
import type { JournalFile } from '../../runtime/ports/process/journal-file.ts'
import { Examiner } from './doctor/examiner.ts'
import { EventLog } from './event-log.ts'
import { History } from './history/history.ts'
import { Recorder } from './history/recorder.ts'
import { accessOf, type TcpAccess } from './http/access.ts'
import { listenOnControlSocket, type Privately } from './http/control-socket.ts'
import { EventStreams } from './http/event-streams.ts'
import { createInspectorServer, failure } from './http/server.ts'
import { Strangers } from './http/strangers.ts'
import type { InspectorMessage, InspectorPeers, SupervisorControl } from './messages.ts'
import { Rounds } from './rounds.ts'
import { InspectorRoutes } from './routes.ts'
import { type Gathered, SliceGatherer } from './slices.ts'
import { assembleStatus, type GatewayIdentity } from './status.ts'
import { TimelineKeeper } from './timeline/keeper.ts'
import { type ToldWarning, warningsIn } from './warnings.ts'

export interface InspectorOptions extends GatewayIdentity {
  readonly control: { readonly socketPath: string }
  /** The actors that are asked for the status. */
  readonly described: readonly string[]
  /** Of the gateway's log, as `LostLines` has them. */
  readonly lostLines: SharedArrayBuffer
  /** What outlives this process of what happened. */
  readonly timelineFile: string
  /** There may be no tokens on a loopback address only; the configuration sees to that. */
  readonly inspector: TcpAccess & { readonly port: number }
}

export interface InspectorPorts {
  readonly privately: Privately
  readonly journalFile: JournalFile
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
  await inspector.openTimeline()
  await inspector.listen()
  return inspector
}

class Inspector implements ActorInstance<InspectorMessage, InspectorOptions> {
  readonly #context: ActorContext<InspectorPeers>
  readonly #ports: InspectorPorts
  #options: InspectorOptions
  readonly #timeline: TimelineKeeper
  readonly #history: History
  readonly #recorder: Recorder
  readonly #events: EventLog
  readonly #streams: EventStreams
  readonly #routes: InspectorRoutes
  readonly #rounds: Rounds
  #lookedAt: { readonly gathered: Gathered; readonly atMs: number } | undefined
  readonly #control: Server
  readonly #tcp: Server
  #bindWarning: Warning | null = null
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
    this.#timeline = new TimelineKeeper({
      context,
      path: options.timelineFile,
      file: ports.journalFile,
      self: () => ({ name: this.#options.name, address: this.#options.managementIp }),
    })
    const epoch = context.random.uint32().toString(36)
    this.#history = new History(epoch)
    this.#recorder = new Recorder(context, this.#history)
    this.#events = new EventLog(epoch, (event) => this.#timeline.wordsOf(event))
    this.#streams = new EventStreams(this.#events, context.clock, (on) => this.#watch(on))
    const gatherer = new SliceGatherer(context, () => this.#options)
    const told = {
      context,
      identity: () => this.#options,
      warningsIn: (gathered: Gathered) => this.#warningsIn(gathered),
      statusOf: (gathered: Gathered, all?: boolean) => {
        for (const { address, name } of gathered.slices.discovery?.members ?? []) this.#timeline.learn(address, name)
        return assembleStatus(this.#options, gathered, this.#warningsIn(gathered), {
          all: all === true,
          ratesOf: (address) => this.#history.rates(address),
        })
      },
    }
    const examiner = new Examiner(told)
    this.#rounds = new Rounds(gatherer, context.clock, (gathered, atMs) => {
      this.#lookedAt = { gathered, atMs }
      examiner.look(gathered)
      this.#timeline.look(this.#warningsIn(gathered))
    })
    this.#routes = new InspectorRoutes({
      ...told,
      router: options.forwarding === 'kernel' ? 'fast-path' : 'dispatcher',
      gatherer,
      lookedAt: () => this.#lookedAt,
      examiner,
      events: this.#events,
      streams: this.#streams,
      timeline: this.#timeline,
      history: this.#history,
      refusals: () => this.#refusals,
      lostLines: new LostLines(options.lostLines),
    })
    this.#control = createInspectorServer((request, response) =>
      this.#routes.handle('control', request, response, { role: 'operator', by: 'the control socket' }),
    )
    this.#tcp = createInspectorServer(async (request, response) => {
      const access = accessOf(this.#options.inspector, request.headers)
      const from = request.socket.remoteAddress ?? 'somebody'
      if (access.granted) {
        this.#strangers.admit(request.socket)
        return this.#routes.handle('tcp', request, response, { role: access.role, by: `${access.shown} from ${from}` })
      }
      // The page says nothing of this gateway by itself, and is where the token is asked for.
      const file = access.status === 401 ? this.#routes.pageFile(request) : undefined
      if (file !== undefined) return file
      this.#noteRefusal(access, from)
      return failure(access.status, access.reason, { 'www-authenticate': 'Bearer', connection: 'close' })
    })
    this.#tcp.on('connection', (socket) => {
      if (this.#options.inspector.tokens.length > 0) this.#strangers.add(socket)
    })
  }

  /** Counted, and told at most once in a while, with how many there were since. */
  #noteRefusal({ status, what }: { readonly status: 401 | 403; readonly what: string }, from: string): void {
    this.#refusals[status] += 1
    this.#untoldRefusals += 1
    const { clock } = this.#context
    if (clock.nowMs() < this.#refusalToldMs + REFUSALS_TOLD_EVERY_MS) return
    this.#refusalToldMs = clock.nowMs()
    const others = this.#untoldRefusals === 1 ? '' : ` (${this.#untoldRefusals} since the last such line)`
    this.#context.log('warn', `inspector: a request ${what} from ${from} was refused${others}`)
    this.#untoldRefusals = 0
  }

  /** The first of this process tells that it has begun. */
  async openTimeline(): Promise<void> {
    await this.#timeline.open()
    this.#recorder.start()
    const { version, forwarding } = this.#options
    const what = `started: proxyha ${version}, ${forwarding} mode`
    const started = { kind: 'started', level: 'info', what } as const
    if (this.#context.incarnation === 0) this.#timeline.tell(started, Math.round(process.uptime() * 1000))
  }

  async listen(): Promise<void> {
    await listenOnControlSocket(this.#control, this.#options.control.socketPath, this.#ports.privately)
    await this.#listenOnTcp()
    this.#rounds.begin()
  }

  receive(message: InspectorMessage): void {
    message satisfies never
  }

  configure(options: InspectorOptions): void {
    this.#options = options
  }

  observe(event: InspectionEvent): void {
    this.#timeline.observe(event)
    this.#events.add(event)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry()
    this.#rounds.end()
    this.#streams.close()
    this.#recorder.stop()
    this.#timeline.tell({ kind: 'stopped', level: 'info', what: 'stops' })
    await Promise.all([closed(this.#control), closed(this.#tcp), this.#timeline.stop()])
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

  #warningsIn(gathered: Gathered): readonly ToldWarning[] {
    return warningsIn(this.#options, gathered, this.#bindWarning === null ? [] : [this.#bindWarning])
  }

  #bindFailed(text: string): void {
    if (this.#stopped) return
    if (this.#bindWarning?.text !== text) this.#context.log('warn', text)
    this.#bindWarning = warning('inspector-port', String(this.#options.inspector.port), text)
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
