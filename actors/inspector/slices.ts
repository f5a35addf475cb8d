import type { ActorContext, Control, RemoteControl } from '../../runtime/system/actor.ts'
import type { AnnouncerControl, AnnouncerStatus } from '../announcer/messages.ts'
import type { DiscoveryControl, DiscoveryStatus } from '../discovery/messages.ts'
import type { DispatcherControl, DispatcherStatus } from '../dispatcher/messages.ts'
import type { ElectorControl, ElectorStatus } from '../elector/messages.ts'
import type { FastPathControl, FastPathStatus } from '../fast-path/messages.ts'
import type { ForwarderPoolControl, ForwarderPoolStatus } from '../forwarder/messages.ts'
import type { PortMonitorControl, PortMonitorStatus } from '../port-monitor/messages.ts'
import type { RawIpControl, RawIpStatus } from '../raw-ip/messages.ts'
import type { StatsReporterControl, StatsReporterStatus } from '../stats-reporter/messages.ts'
import type { WatcherControl, WatcherStatus } from '../watcher/messages.ts'

/** What each actor says of itself, or said last; null where it never answered. */
export interface Slices {
  readonly elector: ElectorStatus | null
  readonly announcer: AnnouncerStatus | null
  readonly discovery: DiscoveryStatus | null
  readonly dispatcher: DispatcherStatus | null
  readonly 'port-monitor': PortMonitorStatus | null
  readonly 'stats-reporter': StatsReporterStatus | null
  readonly 'raw-ip': RawIpStatus | null
  /** Of both only the one that this node's mode of forwarding has. */
  readonly forwarder: ForwarderPoolStatus | null
  readonly 'fast-path': FastPathStatus | null
  readonly watcher: WatcherStatus | null
}

type SliceControls = {
  readonly elector: ElectorControl
  readonly announcer: AnnouncerControl
  readonly discovery: DiscoveryControl
  readonly dispatcher: DispatcherControl
  readonly 'port-monitor': PortMonitorControl
  readonly 'stats-reporter': StatsReporterControl
  readonly 'raw-ip': RawIpControl
  readonly forwarder: ForwarderPoolControl
  readonly 'fast-path': FastPathControl
  readonly watcher: WatcherControl
}

/** The slices as gathered now, and which of them are old. */
export interface Gathered {
  readonly slices: Slices
  /** Actors that did not answer this time, with the reason. */
  readonly silent: ReadonlyMap<keyof Slices, string>
}

/** How long an actor may take to describe itself. */
const ANSWER_MS = 500

type InspectorContext = ActorContext<Readonly<Record<never, never>>>

/** Calls a control, bounded: rejects with a reason for people, never hangs. */
export function callControl<Of extends Control, Value>(
  context: InspectorContext,
  actor: string,
  call: (control: RemoteControl<Of>) => Promise<Value>,
  withinMs: number = ANSWER_MS,
): Promise<Value> {
  const control = context.control<Of>(actor)
  if (control === undefined) return Promise.reject(new Error('does not run'))
  return new Promise((resolve, reject) => {
    const cancel = context.clock.setTimer(withinMs, () => reject(new Error(`did not answer within ${withinMs} ms`)))
    call(control).then(resolve, reject).finally(cancel)
  })
}

/** Asks all actors at once. Whoever asks while an answer is under way gets the same one: callers cannot pile up. */
export class SliceGatherer {
  readonly #context: InspectorContext
  #last: Slices = {
    elector: null,
    announcer: null,
    discovery: null,
    dispatcher: null,
    'port-monitor': null,
    'stats-reporter': null,
    'raw-ip': null,
    forwarder: null,
    'fast-path': null,
    watcher: null,
  }
  #underWay: Promise<Gathered> | undefined

  readonly #forwardedBy: 'forwarder' | 'fast-path'

  constructor(context: InspectorContext, forwardedBy: 'forwarder' | 'fast-path') {
    this.#context = context
    this.#forwardedBy = forwardedBy
  }

  gather(): Promise<Gathered> {
    this.#underWay ??= this.#gatherAll().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #gatherAll(): Promise<Gathered> {
    const silent = new Map<keyof Slices, string>()
    const isOther = (name: keyof Slices) => (name === 'forwarder' || name === 'fast-path') && name !== this.#forwardedBy
    const ask = async <Name extends keyof Slices>(name: Name): Promise<Slices[Name]> => {
      if (isOther(name)) return null
      try {
        return await callControl<SliceControls[Name], Slices[Name]>(this.#context, name, describeOf)
      } catch (error) {
        silent.set(name, error instanceof Error ? error.message : String(error))
        return this.#last[name]
      }
    }
    const [elector, announcer, discovery, dispatcher, portMonitor, statsReporter, rawIp, forwarder, fastPath, watcher] =
      await Promise.all([
        ask('elector'),
        ask('announcer'),
        ask('discovery'),
        ask('dispatcher'),
        ask('port-monitor'),
        ask('stats-reporter'),
        ask('raw-ip'),
        ask('forwarder'),
        ask('fast-path'),
        ask('watcher'),
      ])
    this.#last = {
      elector,
      announcer,
      discovery,
      dispatcher,
      'port-monitor': portMonitor,
      'stats-reporter': statsReporter,
      'raw-ip': rawIp,
      forwarder,
      'fast-path': fastPath,
      watcher,
    }
    return { slices: this.#last, silent }
  }
}

// The compiler cannot see that the control of a name describes the slice of that name.
const describeOf = (control: { readonly describe?: unknown }): Promise<never> =>
  (control.describe as () => Promise<never>)()
