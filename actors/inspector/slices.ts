import type { ActorContext, Control, RemoteControl } from '../../runtime/actor-system/actor.ts'
import type { AnnouncerControl, AnnouncerName, AnnouncerStatus } from '../announcer/messages.ts'
import type { DiscoveryControl, DiscoveryStatus } from '../discovery/messages.ts'
import type { DispatcherControl, DispatcherStatus } from '../dispatcher/messages.ts'
import type { ElectorControl, ElectorName, ElectorStatus } from '../elector/messages.ts'
import type { FastPathControl, FastPathStatus } from '../fast-path/messages.ts'
import type { ForwarderPoolControl, ForwarderPoolStatus } from '../forwarder/messages.ts'
import type { PortMonitorControl, PortMonitorStatus } from '../port-monitor/messages.ts'
import type { RawIpControl, RawIpStatus } from '../raw-ip/messages.ts'
import type { StatsReporterControl, StatsReporterStatus } from '../stats-reporter/messages.ts'
import type { WatcherControl, WatcherStatus } from '../watcher/messages.ts'

/** What each actor says of itself, or said last; null where it never answered. */
export interface Slices {
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
  readonly discovery: DiscoveryControl
  readonly dispatcher: DispatcherControl
  readonly 'port-monitor': PortMonitorControl
  readonly 'stats-reporter': StatsReporterControl
  readonly 'raw-ip': RawIpControl
  readonly forwarder: ForwarderPoolControl
  readonly 'fast-path': FastPathControl
  readonly watcher: WatcherControl
}

/** The two actors of a virtual router. */
export interface InstanceActors {
  readonly elector: ElectorName
  readonly announcer: AnnouncerName
}

/** What they say of themselves, or said last; null where they never answered. */
export interface InstanceSlices {
  readonly elector: ElectorStatus | null
  readonly announcer: AnnouncerStatus | null
}

/** The slices as gathered now, and which of them are old. */
export interface Gathered {
  /** In the order of the configuration. */
  readonly instances: readonly InstanceSlices[]
  readonly slices: Slices
  /** Actors that did not answer this time, by their names, with the reason. */
  readonly silent: ReadonlyMap<string, string>
}

/** How long an actor may take to describe itself: more than twice as long as the watcher may stand in epoll_wait. */
const ANSWER_MS = 1000

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

const NOTHING_SAID: Slices = {
  discovery: null,
  dispatcher: null,
  'port-monitor': null,
  'stats-reporter': null,
  'raw-ip': null,
  forwarder: null,
  'fast-path': null,
  watcher: null,
}

/** Asks all actors at once. Whoever asks while an answer is under way gets the same one: callers cannot pile up. */
export class SliceGatherer {
  readonly #context: InspectorContext
  readonly #actors: readonly InstanceActors[]
  readonly #names: readonly (keyof Slices)[]
  #last: Omit<Gathered, 'silent'>
  #underWay: Promise<Gathered> | undefined

  /** `actors`: of each instance, in the order of the configuration. */
  constructor(context: InspectorContext, actors: readonly InstanceActors[], forwardedBy: 'forwarder' | 'fast-path') {
    this.#context = context
    this.#actors = actors
    const isOther = (name: keyof Slices) => (name === 'forwarder' || name === 'fast-path') && name !== forwardedBy
    this.#names = SLICE_NAMES.filter((name) => !isOther(name))
    this.#last = { instances: actors.map(() => ({ elector: null, announcer: null })), slices: NOTHING_SAID }
  }

  gather(): Promise<Gathered> {
    this.#underWay ??= this.#gatherAll().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #gatherAll(): Promise<Gathered> {
    const silent = new Map<string, string>()
    const ask = async <Of extends DescribingControl>(actor: string, last: SliceOf<Of>): Promise<SliceOf<Of>> => {
      try {
        return await callControl<Of, SliceOf<Of>>(this.#context, actor, describeOf)
      } catch (error) {
        silent.set(actor, error instanceof Error ? error.message : String(error))
        return last
      }
    }
    const slice = async <Name extends keyof Slices>(name: Name) =>
      [name, await ask<SliceControls[Name]>(name, this.#last.slices[name] as SliceOf<SliceControls[Name]>)] as const
    const [instances, slices] = await Promise.all([
      Promise.all(
        this.#actors.map(async ({ elector, announcer }, index): Promise<InstanceSlices> => {
          const last = this.#last.instances[index]
          const [elected, announced] = await Promise.all([
            ask<ElectorControl>(elector, last?.elector ?? null),
            ask<AnnouncerControl>(announcer, last?.announcer ?? null),
          ])
          return { elector: elected, announcer: announced }
        }),
      ),
      Promise.all(this.#names.map(slice)),
    ])
    // The compiler cannot see that each name came with its own slice.
    this.#last = { instances, slices: { ...NOTHING_SAID, ...Object.fromEntries(slices) } }
    return { ...this.#last, silent }
  }
}

const SLICE_NAMES = Object.keys(NOTHING_SAID) as readonly (keyof Slices)[]

type DescribingControl = { describe(): unknown }
type SliceOf<Of extends DescribingControl> = ReturnType<Of['describe']> | null

// The compiler cannot see that the control of a name describes the slice of that name.
const describeOf = (control: { readonly describe?: unknown }): Promise<never> =>
  (control.describe as () => Promise<never>)()
