import type { InspectionDetail, InspectionEvent } from './inspection.ts'

/** Past events that an observer is given when it joins. */
const BACKLOG = 256

/** Gives the events of all actors their numbers, and hands them to everybody who observes. */
export class InspectionHub {
  private readonly observers = new Map<string, (event: InspectionEvent) => void>()
  private readonly sequences = new Map<string, number>()
  private readonly backlog: InspectionEvent[] = []

  /** A new incarnation of the actor: its events are counted from 0 again. */
  begin(actor: string): void {
    this.sequences.set(actor, 0)
  }

  /** `missed`: events of this actor that were lost just before; they leave a gap in the numbers. */
  publish(actor: string, detail: InspectionDetail, atMs: number, wallMs: number, missed = 0): void {
    const sequence = (this.sequences.get(actor) ?? 0) + missed
    this.sequences.set(actor, sequence + 1)
    const event: InspectionEvent = { ...detail, sequence, actor, atMs, wallMs }
    // Single messages come only while somebody watches, and would push out what matters.
    if (event.type !== 'message') this.backlog.push(event)
    if (this.backlog.length > BACKLOG) this.backlog.shift()
    for (const observe of this.observers.values()) observe(event)
  }

  join(name: string, observe: (event: InspectionEvent) => void): void {
    this.observers.set(name, observe)
    for (const event of [...this.backlog]) observe(event)
  }

  leave(name: string): void {
    this.observers.delete(name)
  }
}
