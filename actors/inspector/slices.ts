import type { ActorContext, Control, RemoteControl } from '../../runtime/actor-system/actor.ts'
import type { AnnouncerName, AnnouncerStatus } from '../announcer/messages.ts'
import type { DiscoveryStatus } from '../discovery/messages.ts'
import type { DispatcherStatus } from '../dispatcher/messages.ts'
import type { ElectorName, ElectorStatus } from '../elector/messages.ts'
import type { FastPathStatus } from '../fast-path/messages.ts'
import type { ForwarderPoolStatus } from '../forwarder/messages.ts'
import type { PortMonitorStatus } from '../port-monitor/messages.ts'
import type { RawIpStatus } from '../raw-ip/messages.ts'
import type { StatsReporterStatus } from '../stats-reporter/messages.ts'
import type { WatcherStatus } from '../watcher/messages.ts'

/**
 * What each actor says of itself, or said last; null where it never answered. Those of which the status shows more than the warnings have
 * their names here; the others are among them all the same.
 */
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

/** How long an actor may take to describe itself, on a busy machine. */
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

/** What an actor that is asked for the status can be asked. */
type DescribingControl = { describe(): { readonly warnings: readonly string[] } }

/** `instances`: their actors, in the order of the configuration. `described`: all who are asked, these included. */
interface Asked {
  readonly instances: readonly InstanceActors[]
  readonly described: readonly string[]
}

/** Asks all actors at once. Whoever asks while an answer is under way gets the same one: callers cannot pile up. */
export class SliceGatherer {
  readonly #context: InspectorContext
  readonly #asked: () => Asked
  /** What each has said last. */
  readonly #said = new Map<string, unknown>()
  #underWay: Promise<Gathered> | undefined

  constructor(context: InspectorContext, asked: () => Asked) {
    this.#context = context
    this.#asked = asked
  }

  gather(): Promise<Gathered> {
    this.#underWay ??= this.#gatherAll().finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #gatherAll(): Promise<Gathered> {
    const { instances, described } = this.#asked()
    const silent = new Map<string, string>()
    const ask = async (actor: string): Promise<void> => {
      try {
        const slice = await callControl<DescribingControl, unknown>(this.#context, actor, (control) =>
          control.describe(),
        )
        this.#said.set(actor, slice)
      } catch (error) {
        silent.set(actor, error instanceof Error ? error.message : String(error))
      }
    }
    await Promise.all(described.map(ask))
    // The compiler cannot see that each name came with its own slice.
    const said = <Slice>(actor: string): Slice | null => (this.#said.get(actor) ?? null) as Slice | null
    const electing = new Set<string>(instances.flatMap(({ elector, announcer }) => [elector, announcer]))
    const others = described.filter((actor) => !electing.has(actor))
    return {
      instances: instances.map(({ elector, announcer }) => ({
        elector: said<ElectorStatus>(elector),
        announcer: said<AnnouncerStatus>(announcer),
      })),
      slices: { ...NOTHING_SAID, ...Object.fromEntries(others.map((actor) => [actor, said(actor)])) },
      silent,
    }
  }
}
