import type { ActorContext } from '../../../runtime/actor-system/actor.ts'
import type { InspectionEvent } from '../../../runtime/actor-system/inspection/inspection.ts'
import type { Warning } from '../../../runtime/actor-system/inspection/warning.ts'
import type { JournalFile } from '../../../runtime/ports/process/journal-file.ts'
import type { InspectorPeers, TimelineEntry, TimelineHappening } from '../messages.ts'
import { Journal } from './journal.ts'
import { Timeline } from './timeline.ts'
import { WarningWatch } from './warning-watch.ts'
import { entryOf, type Names, wordsOf } from './words.ts'

/** Names of nodes that are remembered: as many as a group may have, and some that were replaced. */
const NAMES_MAX = 128

export interface TimelineOptions {
  readonly context: Pick<ActorContext<InspectorPeers>, 'name' | 'clock' | 'log'>
  readonly path: string
  readonly file: JournalFile
  /** This node. */
  self(): Names['self']
}

/** The timeline of this node: its entries, their file, and the names by which nodes are told of. */
export class TimelineKeeper {
  readonly #options: TimelineOptions
  readonly #journal: Journal
  readonly #names = new Map<string, string>()
  readonly #warnings = new WarningWatch()
  #timeline: Timeline

  constructor(options: TimelineOptions) {
    const { context, path, file } = options
    this.#options = options
    this.#journal = new Journal({
      path,
      file,
      clock: context.clock,
      log: (level, line) => context.log(level, line),
      entries: () => this.#timeline.entries,
    })
    this.#timeline = this.#timelineAfter([])
  }

  /** Why its file is not written; null: it is. */
  get problem(): string | null {
    return this.#journal.problem
  }

  /** Goes on where an earlier process has ended. */
  async open(): Promise<void> {
    const before = await this.#journal.read()
    for (const { address, node } of before) this.learn(address, node)
    this.#timeline = this.#timelineAfter(before)
  }

  observe(event: InspectionEvent): void {
    if (event.type === 'happened') this.learn(event.address ?? null, event.node ?? null)
    const told = entryOf(event, this.#known)
    if (told !== null) this.#timeline.add(told, this.#options.context.clock.nowMs())
  }

  /** Something that this actor itself knows, and that was so long ago. */
  tell(happening: TimelineHappening, agoMs = 0): void {
    const { name: actor, clock } = this.#options.context
    const [atMs, wallMs] = [clock.nowMs() - agoMs, clock.wallMs() - agoMs]
    this.observe({ type: 'happened', ...happening, actor, sequence: 0, atMs, wallMs })
  }

  /** All warnings that hold now, of a look that is repeated every few seconds. */
  look(warnings: readonly Warning[]): void {
    for (const happening of this.#warnings.look(warnings, this.#options.context.clock.nowMs())) this.tell(happening)
  }

  /** A node of that address has that name. */
  learn(address: string | null, name: string | null): void {
    if (address === null || name === null) return
    this.#names.delete(address)
    this.#names.set(address, name)
    const [oldest] = this.#names.keys()
    if (this.#names.size > NAMES_MAX && oldest !== undefined) this.#names.delete(oldest)
  }

  /** See `wordsOf`, with the names that are known. */
  wordsOf(event: InspectionEvent): string | null {
    return wordsOf(event, this.#known)
  }

  /** See `Timeline.since`. */
  since(after: number | undefined, last: number): readonly TimelineEntry[] {
    return this.#timeline.since(after, last)
  }

  /** What is not in its file yet is written, as far as that is done in time. */
  stop(): Promise<void> {
    return this.#journal.stop()
  }

  get #known(): Names {
    return { self: this.#options.self(), of: (address) => this.#names.get(address) }
  }

  #timelineAfter(before: readonly TimelineEntry[]): Timeline {
    return new Timeline(before, (entry) => this.#journal.add(entry), this.#options.context.clock.nowMs())
  }
}
