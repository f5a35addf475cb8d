import type { CancelTimer, StartTimer, WriteLog } from './machine.ts'

/** One step of a machine, as somebody looks on: nobody may change what is in it. */
export interface ObservedStep {
  /** Which of the composition's machines it is; an actor may have several. */
  readonly machine: string
  readonly nowMs: number
  readonly event: { readonly type: string }
  /** Labels of the state before and after. */
  readonly before: string
  readonly after: string
  readonly effects: readonly { readonly type: string }[]
}

/** Looks on at the machines of one actor. */
export interface StepObserver {
  /** A machine begins; `state` is its first one. */
  began(machine: string, state: unknown): void
  /** `state`: what the step has led to. */
  stepped(step: ObservedStep, state: unknown): void
}

/** A step in a line: `elector: packet: BACKUP; startTimer masterDown, send discovery role`. */
export function stepText({ machine, event, before, after, effects }: ObservedStep): string {
  const states = after === before ? after : `${before} -> ${after}`
  const led = effects.length === 0 ? '' : `; ${effects.map(effectText).join(', ')}`
  return `${machine}: ${eventText(event)}: ${states}${led}`
}

export function eventText(event: ObservedStep['event']): string {
  return event.type === 'timerExpired' ? `${(event as { timer?: string }).timer} expired` : event.type
}

export function effectText(effect: ObservedStep['effects'][number]): string {
  switch (effect.type) {
    case 'startTimer': {
      const { timer, delayMs } = effect as StartTimer
      return `startTimer ${timer} ${Math.round(delayMs * 10) / 10} ms`
    }
    case 'cancelTimer':
      return `cancelTimer ${(effect as CancelTimer).timer}`
    case 'log':
      return `log "${(effect as WriteLog).line}"`
    case 'send': {
      const { to, message } = effect as unknown as { readonly to: string; readonly message: { readonly type?: string } }
      return `send ${to} ${message.type}`
    }
    default:
      return effect.type
  }
}
