/**
 * Runs the operator's scripts, and tells the electors which of them fails.
 *
 *     start --> run --ended--> compare --changed--> log, tell the electors
 *                ^                |
 *                '-- timer of it <-'     never more than one run of each is under way
 */
import { isDeepStrictEqual } from 'node:util'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import { outcomeText, type ProgramOutcome } from '../../runtime/ports/process/programs.ts'
import type { ElectorName, TrackMessage } from '../elector/messages.ts'
import { type Damped, type DampingRules, damped } from './damping.ts'
import { type ElectorChange, electorsAfter } from './electors-up.ts'

/** One script, by exit code: 0 is well. */
export interface TrackedScript extends DampingRules {
  /** Of all its own. */
  readonly name: string
  /** A program, by its path, and its arguments. */
  readonly command: readonly string[]
  /** From the end of a run to the next. */
  readonly intervalMs: number
  readonly timeoutMs: number
}

type ScriptsPeers = { readonly [elector: ElectorName]: TrackMessage }

type ScriptTimer = `script:${string}`

interface Watched {
  readonly script: TrackedScript
  /** Runs of an earlier one are ignored. */
  readonly generation: number
  /** Undefined before the first run has ended. */
  readonly believed: Damped | undefined
  /** As the electors were told last; null: nothing yet. */
  readonly told: TrackMessage | null
}

export interface ScriptsState {
  /** By name. */
  readonly watched: ReadonlyMap<string, Watched>
  readonly nextGeneration: number
  readonly electorsUp: readonly ElectorName[]
}

export type ScriptsEvent =
  | { readonly type: 'started' }
  | { readonly type: 'ended'; readonly name: string; readonly generation: number; readonly outcome: ProgramOutcome }
  | ElectorChange
  | { readonly type: 'configured'; readonly scripts: readonly TrackedScript[] }
  | { readonly type: 'stopped' }
  | TimerExpired<ScriptTimer>

export type ScriptsEffect =
  /** Comes back as `ended` with the same name and generation. */
  | { readonly type: 'run'; readonly generation: number; readonly script: TrackedScript }
  | StartTimer<ScriptTimer>
  | CancelTimer<ScriptTimer>
  | SendTo<ScriptsPeers>
  | WriteLog

type ScriptsStep = Step<ScriptsState, ScriptsEffect>

export const initialScripts = (scripts: readonly TrackedScript[]): ScriptsState => ({
  watched: new Map(
    scripts.map((script, generation) => [script.name, { script, generation, believed: undefined, told: null }]),
  ),
  nextGeneration: scripts.length,
  electorsUp: [],
})

export function stepScripts(state: ScriptsState, event: ScriptsEvent): ScriptsStep {
  switch (event.type) {
    case 'started':
      return { state, effects: [...state.watched.values()].map(running) }
    case 'timerExpired': {
      const watched = state.watched.get(event.timer.slice('script:'.length))
      return { state, effects: watched === undefined ? [] : [running(watched)] }
    }
    case 'ended':
      return ended(state, event)
    case 'electorUp': {
      const electorsUp = electorsAfter(state.electorsUp, event)
      const said = [...state.watched.values()].flatMap(({ told }) => (told === null ? [] : [told]))
      return { state: { ...state, electorsUp }, effects: said.map((message) => telling(event.elector, message)) }
    }
    case 'electorDown':
      return { state: { ...state, electorsUp: electorsAfter(state.electorsUp, event) }, effects: [] }
    case 'configured':
      return configured(state, event.scripts)
    case 'stopped':
      return { state: { ...state, watched: new Map() }, effects: [...state.watched.keys()].map(cancelled) }
    default:
      return event satisfies never
  }
}

/** For the label of the machine. */
export const failingScripts = ({ watched }: ScriptsState): readonly string[] =>
  [...watched].flatMap(([name, { believed }]) => (believed?.problem == null ? [] : [name]))

const running = ({ script, generation }: Watched): ScriptsEffect => ({ type: 'run', generation, script })
const cancelled = (name: string): ScriptsEffect => ({ type: 'cancelTimer', timer: `script:${name}` })

function ended(
  state: ScriptsState,
  { name, generation, outcome }: ScriptsEvent & { readonly type: 'ended' },
): ScriptsStep {
  const watched = state.watched.get(name)
  if (watched === undefined || watched.generation !== generation) return { state, effects: [] }
  const { script } = watched
  const believed = damped(watched.believed, outcome.problem, script)
  const message = trackOf(name, believed, outcome)
  const again: ScriptsEffect = { type: 'startTimer', timer: `script:${name}`, delayMs: script.intervalMs }
  // What it prints may be another line each time: that alone is no news.
  const isSame = watched.believed !== undefined && believed.problem === watched.believed.problem
  const told = isSame && watched.told !== null ? watched.told : message
  const next = { ...state, watched: new Map(state.watched).set(name, { ...watched, believed, told }) }
  if (told === watched.told) return { state: next, effects: [again] }
  return { state: next, effects: [logOf(name, told), ...state.electorsUp.map((to) => telling(to, told)), again] }
}

function trackOf(name: string, { problem }: Damped, outcome: ProgramOutcome): TrackMessage {
  const source = `script:${name}` as const
  if (problem === null) return { type: 'track', source, state: 'ok', reason: null }
  const lastLine = outcome.problem === null ? null : outcome.lastLine
  return { type: 'track', source, state: 'failed', reason: `script ${name} ${outcomeText({ problem, lastLine })}` }
}

/** As keepalived words it. */
function logOf(name: string, { state, reason }: TrackMessage): WriteLog {
  return state === 'ok'
    ? { type: 'log', level: 'info', line: `VRRP_Script(${name}) succeeded` }
    : { type: 'log', level: 'warn', line: `VRRP_Script(${name}) failed (${reason})` }
}

const telling = (to: ElectorName, message: TrackMessage): SendTo<ScriptsPeers> => ({ type: 'send', to, message })

/** A script that is another one counts as it did until it has run for the first time. */
function configured(state: ScriptsState, scripts: readonly TrackedScript[]): ScriptsStep {
  const watched = new Map<string, Watched>()
  const effects: ScriptsEffect[] = []
  let { nextGeneration } = state
  for (const script of scripts) {
    const before = state.watched.get(script.name)
    if (before !== undefined && isDeepStrictEqual(before.script, script)) {
      watched.set(script.name, before)
      continue
    }
    const isOther = before === undefined || !isDeepStrictEqual(before.script.command, script.command)
    const believed = isOther ? undefined : before.believed
    const changed = { script, generation: nextGeneration++, believed, told: before?.told ?? null }
    watched.set(script.name, changed)
    effects.push(cancelled(script.name), running(changed))
  }
  const gone = [...state.watched.keys()].filter((name) => !watched.has(name))
  return { state: { ...state, watched, nextGeneration }, effects: [...gone.map(cancelled), ...effects] }
}

/** As it is run, and replayed. */
export const scriptsMachine = {
  machine: 'scripts',
  step: stepScripts,
  label: (state: ScriptsState): string => failingScripts(state).join(', ') || 'well',
}
