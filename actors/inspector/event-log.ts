import type { InspectionEvent } from '../../runtime/actor-system/inspection/inspection.ts'

/** Events kept for those who ask later. */
export const EVENTS_KEPT = 1000

/** An event as it is shown. */
export type NumberedEvent = InspectionEvent & {
  /** Rises by one with each event of this inspector: what a reader can tell gaps by. */
  readonly id: number
  /** For an operator; null: it is internal. */
  readonly words: string | null
}

/** Why a reader has missed something: it was told by an inspector before this one, or it is kept no more. */
export type Gap = 'restart' | 'notKept'

/** The last events. Single messages are handed on but not kept: they would push out in a second what matters. */
export class EventLog {
  readonly #kept: NumberedEvent[] = []
  readonly #listeners = new Set<(event: NumberedEvent) => void>()
  readonly #wordsOf: (event: InspectionEvent) => string | null
  readonly #epoch: string
  #nextId = 0
  #lastDropped = -1
  #lastMessage = -1

  /** `epoch`: another one with each start; without a hyphen. */
  constructor(epoch: string, wordsOf: (event: InspectionEvent) => string | null) {
    this.#epoch = epoch
    this.#wordsOf = wordsOf
  }

  add(event: InspectionEvent): void {
    const numbered = { ...event, id: this.#nextId++, words: this.#wordsOf(event) }
    if (event.type === 'message') this.#lastMessage = numbered.id
    else this.#kept.push(numbered)
    if (this.#kept.length > EVENTS_KEPT) this.#lastDropped = this.#kept.shift()?.id ?? -1
    for (const listener of [...this.#listeners]) listener(numbered)
  }

  /** Oldest first. */
  kept(): readonly NumberedEvent[] {
    return [...this.#kept]
  }

  /** By which a reader names an event: another inspector than this one has given other numbers. */
  nameOf(event: NumberedEvent): string {
    return `${this.#epoch}-${event.id}`
  }

  /**
   * Those after the event of that name, and why others that were after it are missing; null: none is. `messages`: single ones
   * are missed as well.
   */
  since(
    name: string | null,
    messages: boolean,
  ): { readonly events: readonly NumberedEvent[]; readonly gap: Gap | null } {
    if (name === null) return { events: this.#kept, gap: null }
    const [epoch, number = ''] = name.split('-')
    const id = /^\d{1,15}$/.test(number) ? Number(number) : this.#nextId
    if (epoch !== this.#epoch || id >= this.#nextId) return { events: this.#kept, gap: 'restart' }
    const isMissed = id < this.#lastDropped || (messages && id < this.#lastMessage)
    return { events: this.#kept.filter((event) => event.id > id), gap: isMissed ? 'notKept' : null }
  }

  /** Calls the listener with every event from now on; returns how to end that. */
  listen(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
