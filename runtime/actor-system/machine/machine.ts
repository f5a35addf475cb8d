import type { LogLevel } from '../../ports/host/syslog.ts'
import type { Happening } from '../inspection/inspection.ts'

/**
 * A pure state machine: `step(state, event, nowMs)` returns the next state and the effects that its shell carries out, in
 * order. No I/O, no timers, no Date, no Math.random, no logger in a machine: what it wants of them is an effect.
 */
export interface Step<State, Effect> {
  readonly state: State
  readonly effects: readonly Effect[]
}

export type Machine<State, Event, Effect> = (state: State, event: Event, nowMs: number) => Step<State, Effect>

/** Starts (or restarts) the timer of that name; its expiry comes back as `TimerExpired`. */
export interface StartTimer<Timer extends string = string> {
  readonly type: 'startTimer'
  readonly timer: Timer
  readonly delayMs: number
}

export interface CancelTimer<Timer extends string = string> {
  readonly type: 'cancelTimer'
  readonly timer: Timer
}

/** An expiry of the timer that was started last: the runner drops one that the machine has restarted or cancelled since. */
export interface TimerExpired<Timer extends string = string> {
  readonly type: 'timerExpired'
  readonly timer: Timer
}

/** One line for the operator. `line` is the text that operators search for; `fields` go along in the JSON. */
export interface WriteLog {
  readonly type: 'log'
  readonly level: LogLevel
  readonly line: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Something for the timeline, in an operator's words. */
export type TellHappening<Told extends Happening = Happening> = { readonly type: 'happened' } & Told

/** A message to another actor. `Peers` maps each peer's name to the messages that it takes. */
export type SendTo<Peers> = {
  readonly [Name in keyof Peers & string]: { readonly type: 'send'; readonly to: Name; readonly message: Peers[Name] }
}[keyof Peers & string]
