import type { ActorContext } from '../../../runtime/actor-system/actor.ts'
import type { CancelTimer } from '../../../runtime/ports/host/clock.ts'
import type { DiscoveryControl, NodeFigures } from '../../discovery/messages.ts'
import type { InspectorPeers } from '../messages.ts'
import { callControl } from '../slices.ts'
import { type History, STEP_MS } from './history.ts'

/** Less than a step: a discovery that stands still costs a gap, and no queue. */
const ANSWER_MS = 800

/** Asks discovery once a second what it knows of all nodes, whoever looks: one call, a fraction of a millisecond. */
export class Recorder {
  readonly #context: ActorContext<InspectorPeers>
  readonly #history: History
  #cancel: CancelTimer = () => undefined
  #stopped = false

  constructor(context: ActorContext<InspectorPeers>, history: History) {
    this.#context = context
    this.#history = history
  }

  /** At each whole second of the clock, so that no second has two points and the next none. */
  start(): void {
    if (this.#stopped) return
    const { clock } = this.#context
    this.#cancel = clock.setTimer(STEP_MS - (clock.nowMs() % STEP_MS), () => void this.#record())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  async #record(): Promise<void> {
    const { clock } = this.#context
    const [nowMs, wallMs] = [clock.nowMs(), clock.wallMs()]
    let figures: readonly NodeFigures[] = []
    try {
      figures = await callControl<DiscoveryControl, readonly NodeFigures[]>(
        this.#context,
        'discovery',
        (discovery) => discovery.figures(),
        ANSWER_MS,
      )
    } catch {
      // It does not run, or stands still: the status says so.
    }
    this.#history.note(figures, nowMs, wallMs)
    this.start()
  }
}
