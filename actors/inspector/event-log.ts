import type { InspectionEvent } from '../../runtime/actor-system/inspection/inspection.ts'

/** Events kept for those who ask later. */
export const EVENTS_KEPT = 1000

/** An event with a number that rises by one with each event of this inspector: what a reader can tell gaps by. */
export type NumberedEvent = InspectionEvent & { readonly id: number }

/** The last events. Single messages are handed on but not kept: they would push out in a second what matters. */
export class EventLog {
  readonly #kept: NumberedEvent[] = []
  readonly #listeners = new Set<(event: NumberedEvent) => void>()
  #nextId = 0

  add(event: InspectionEvent): void {
    const numbered = { ...event, id: this.#nextId++ }
    if (event.type !== 'message') this.#kept.push(numbered)
    if (this.#kept.length > EVENTS_KEPT) this.#kept.shift()
    for (const listener of [...this.#listeners]) listener(numbered)
  }

  /** Oldest first. */
  kept(): readonly NumberedEvent[] {
    return [...this.#kept]
  }

  /** Those after an id; all of them where no event of this inspector has it yet, so that it is of one before. */
  since(id: number | undefined): readonly NumberedEvent[] {
    const after = id === undefined || id >= this.#nextId ? -1 : id
    return this.#kept.filter((event) => event.id > after)
  }

  /** Calls the listener with every event from now on; returns how to end that. */
  listen(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
