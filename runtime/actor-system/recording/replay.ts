import { isDeepStrictEqual } from 'node:util'
import type { Machine } from '../machine/machine.ts'
import type { ObservedStep } from '../machine/observed-step.ts'
import { decodeRecorded, encodeRecorded } from './recorded-value.ts'
import { RECORDING_FORMAT, type RecordedStep, type RecordingHeader } from './recorder.ts'
import { RecordingError } from './recording-error.ts'

/** A machine of the composition, without the world around it. */
export interface PureMachine {
  readonly machine: string
  // biome-ignore lint/suspicious/noExplicitAny: what its events are, the recording knows
  readonly step: Machine<any, any, { readonly type: string }>
  // biome-ignore lint/suspicious/noExplicitAny: its own state
  label(state: any): string
}

/** What the machine of today has made of a recorded event. */
export interface ReplayedStep extends ObservedStep {
  /** By the calendar, ms since 1970. */
  readonly wallMs: number
  /** What was recorded is another one; null: all of it is the same. */
  readonly difference: 'before' | 'after' | 'effects' | null
  /** Where there is one. */
  readonly recorded: { readonly before: string; readonly after: string; readonly effects: unknown }
}

/** What a recording says of itself. Throws a `RecordingError`. */
export function readHeader(line: string | undefined): RecordingHeader {
  const header = line === undefined ? undefined : (parsed(line) as Partial<RecordingHeader> | undefined)
  if (typeof header?.recording !== 'number') throw new RecordingError('is no recording of proxyha run --record')
  if (header.recording !== RECORDING_FORMAT) {
    throw new RecordingError(`is of format ${header.recording}; version ${header.version} of proxyha reads it`)
  }
  if (
    typeof header.nowMs !== 'number' ||
    Number.isNaN(Date.parse(`${header.at}`)) ||
    typeof header.machine !== 'string'
  )
    throw new RecordingError('has a first line that lacks its machine, or its time')
  return header as RecordingHeader
}

/**
 * Has the pure machine take every event of a recording, from the state in its first line on. `keys`: of the group; a `MissingKeyError` is
 * thrown where it needs one that is not among them. A last line that was cut off ends it.
 */
export function* replay(
  lines: Iterable<string>,
  machine: PureMachine,
  keys: readonly string[],
): Generator<ReplayedStep, void, void> {
  let header: RecordingHeader | undefined
  let state: unknown
  for (const line of lines) {
    if (header === undefined) {
      header = readHeader(line)
      state = decodeRecorded(header.state, keys)
      continue
    }
    const recorded = parsed(line)
    if (recorded === undefined) return
    if (!isStep(recorded)) throw new RecordingError('has a line that is no step')
    const { nowMs } = recorded
    const event = decodeRecorded(recorded.event, keys)
    if (!isTyped(event)) throw new RecordingError('has a line whose event is none')
    const step = { machine: machine.machine, nowMs, event, ...stepOf(machine, state, event, nowMs) }
    state = step.state
    const wallMs = Date.parse(header.at) + nowMs - header.nowMs
    if (!(Math.abs(wallMs) <= LAST_WALL_MS)) throw new RecordingError('has a line of a time that is none')
    const { state: _, ...shown } = step
    yield { ...shown, wallMs, difference: differenceOf(step, recorded), recorded }
  }
}

/** The end of what a date can be. */
const LAST_WALL_MS = 8.64e15

function isStep(line: unknown): line is RecordedStep {
  const { nowMs, before, after, effects } = Object(line) as Partial<RecordedStep>
  const isLabelled = typeof before === 'string' && typeof after === 'string'
  return typeof nowMs === 'number' && isLabelled && Array.isArray(effects) && effects.every(isEffect)
}

const isTyped = (value: unknown): value is { readonly type: string } =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

const isEffect = (value: unknown): boolean =>
  isTyped(value) &&
  (value.type !== 'send' || ('message' in value && typeof value.message === 'object' && value.message !== null))

/** A state of another version may lack what the machine of today looks at. */
function stepOf(machine: PureMachine, state: unknown, event: ObservedStep['event'], nowMs: number) {
  try {
    const before = machine.label(state)
    const next = machine.step(state, event, nowMs)
    return { before, after: machine.label(next.state), effects: next.effects, state: next.state as unknown }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new RecordingError(`cannot be gone on with by the machine of this version, at ${event.type}: ${why}`)
  }
}

function differenceOf(step: ObservedStep, recorded: RecordedStep): ReplayedStep['difference'] {
  if (step.before !== recorded.before) return 'before'
  if (step.after !== recorded.after) return 'after'
  return isDeepStrictEqual(JSON.parse(encodeRecorded(step.effects)), recorded.effects) ? null : 'effects'
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
