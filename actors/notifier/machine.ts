/**
 * Tells the operator's programs and URLs what happens, each notice once and in order, one at a time for each notifier.
 *
 *     happens --> of interest? --> waiting (64) --> deliver --delivered--> the next one
 *                                                     ^            |
 *                                                     '-- retry <--'   a URL, once, after a second
 *
 * Who is told of something is another matter than who does it: nothing in the gateway waits for a notifier, but the end of its process.
 */

import { isDeepStrictEqual } from 'node:util'
import type { NotifyEvent } from '../../config/gateway-config.ts'
import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import { withoutSecrets } from '../../runtime/wire/url-text.ts'
import type { Notice, NotifierMessage, NotifierStatus } from './messages.ts'
import { type InstanceState, type NotifierIdentity, nodeNotice, refusalNotice, roleNotice } from './notices.ts'

/** Beyond, the oldest that waits goes: how things are by now matters most. */
export const MAX_WAITING = 64
const RETRY_MS = 1000
const TRIES_OF_A_URL = 2

/** Where notices go, and which. */
export interface NotifierRule {
  readonly on: readonly NotifyEvent[]
  /** A program, by its path, and its arguments; empty: there is a URL instead. */
  readonly command: readonly string[]
  readonly url: string | null
  readonly timeoutMs: number
}

export interface NotifierOptions extends NotifierIdentity {
  /** At most 8. */
  readonly notifiers: readonly NotifierRule[]
  /** The last time that a configuration was refused: each has a number of its own. */
  readonly refusal: { readonly number: number; readonly problems: readonly string[] } | null
}

interface Notifying {
  readonly id: number
  readonly rule: NotifierRule
  readonly waiting: readonly Notice[]
  /** Under way, or to be tried again. */
  readonly current: { readonly notice: Notice; readonly tries: number } | null
  readonly delivered: number
  readonly failed: number
  readonly dropped: number
  /** What went wrong last; null: nothing, or it went well since. */
  readonly problem: string | null
}

export interface NotifierState {
  readonly options: NotifierOptions
  readonly notifiers: readonly Notifying[]
  readonly nextId: number
  /** As each instance was last. */
  readonly known: ReadonlyMap<string, InstanceState>
  /** This actor was not there before: what it hears first has just become so. */
  readonly isFirst: boolean
  readonly stopping: boolean
}

type RetryTimer = `retry:${number}`

/** `at`: ISO 8601. */
export type NotifierEvent =
  | { readonly type: 'happened'; readonly message: NotifierMessage; readonly at: string }
  | { readonly type: 'configured'; readonly options: NotifierOptions; readonly at: string }
  /** `problem` null: it was taken. `mayPass`: another try may do. `output`: its last line. */
  | {
      readonly type: 'delivered'
      readonly id: number
      readonly problem: string | null
      readonly mayPass: boolean
      readonly output: string | null
    }
  /** An ordered stop: what there is to tell is told yet. */
  | { readonly type: 'stopping' }
  | TimerExpired<RetryTimer>

export type NotifierEffect =
  /** Comes back as `delivered` with the same id. */
  | { readonly type: 'deliver'; readonly id: number; readonly rule: NotifierRule; readonly notice: Notice }
  /** What `stopping` waits for: nothing is left to tell. */
  | { readonly type: 'toldAll' }
  | StartTimer<RetryTimer>
  | CancelTimer<RetryTimer>
  | WriteLog

type NotifierStep = Step<NotifierState, NotifierEffect>

/** `isFirst`: there was no such actor before in this process. */
export function initialNotifier(options: NotifierOptions, isFirst: boolean): NotifierState {
  const notifiers = options.notifiers.map((rule, id) => notifying(rule, id))
  return { options, notifiers, nextId: notifiers.length, known: new Map(), isFirst, stopping: false }
}

const notifying = (rule: NotifierRule, id: number): Notifying => ({
  id,
  rule,
  waiting: [],
  current: null,
  delivered: 0,
  failed: 0,
  dropped: 0,
  problem: null,
})

export function stepNotifier(state: NotifierState, event: NotifierEvent): NotifierStep {
  const next = handled(state, event)
  const isIdle = next.state.notifiers.every(({ current }) => current === null)
  const isNews = event.type === 'stopping' || state.notifiers.some(({ current }) => current !== null)
  return next.state.stopping && isIdle && isNews ? { ...next, effects: [...next.effects, { type: 'toldAll' }] } : next
}

function handled(state: NotifierState, event: NotifierEvent): NotifierStep {
  switch (event.type) {
    case 'happened':
      return happened(state, event.message, event.at)
    case 'configured':
      return configured(state, event.options, event.at)
    case 'delivered':
      return changed(state, event.id, (one) => delivered(one, event))
    case 'timerExpired':
      return changed(state, Number(event.timer.slice('retry:'.length)), tryingAgain)
    case 'stopping':
      return { state: { ...state, stopping: true }, effects: [] }
    default:
      return event satisfies never
  }
}

function happened(state: NotifierState, message: NotifierMessage, at: string): NotifierStep {
  if (message.type === 'nodeChanged') return telling(state, nodeNotice(message, state.options, at))
  const before = state.known.get(message.instance)
  const heard = { ...state, known: new Map(state.known).set(message.instance, message.state) }
  // Who was there before it crashed has told how things are.
  if (before === undefined && !state.isFirst) return { state: heard, effects: [] }
  const notice = roleNotice(message, before ?? 'INIT', state.options, at)
  return notice === undefined ? { state: heard, effects: [] } : telling(heard, notice)
}

function telling(state: NotifierState, notice: Notice): NotifierStep {
  const steps = state.notifiers.map((one) =>
    one.rule.on.includes(notice.event) ? queued(one, notice) : unchanged(one),
  )
  return {
    state: { ...state, notifiers: steps.map(({ state: one }) => one) },
    effects: steps.flatMap((one) => one.effects),
  }
}

type OneStep = Step<Notifying, NotifierEffect>

const unchanged = (one: Notifying): OneStep => ({ state: one, effects: [] })

function queued(one: Notifying, notice: Notice): OneStep {
  const waiting = [...one.waiting, notice]
  if (waiting.length <= MAX_WAITING) return going({ ...one, waiting })
  const [oldest] = waiting
  const line = `notify: ${targetOf(one.rule)} is behind: ${MAX_WAITING} notices wait, ${nameOf(oldest!)} is dropped`
  const kept = { ...one, waiting: waiting.slice(1), dropped: one.dropped + 1 }
  return { state: kept, effects: [{ type: 'log', level: 'warn', line }] }
}

/** On with the next one, where none is under way. */
function going(one: Notifying): OneStep {
  const [notice, ...waiting] = one.waiting
  if (one.current !== null || notice === undefined) return unchanged(one)
  return trying({ ...one, waiting, current: { notice, tries: 0 } }, notice)
}

function trying(one: Notifying, notice: Notice): OneStep {
  const tries = (one.current?.tries ?? 0) + 1
  const effect = { type: 'deliver', id: one.id, rule: one.rule, notice } as const
  return { state: { ...one, current: { notice, tries } }, effects: [effect] }
}

const tryingAgain = (one: Notifying): OneStep =>
  one.current === null ? unchanged(one) : trying(one, one.current.notice)

function delivered(
  one: Notifying,
  { problem, mayPass, output }: NotifierEvent & { readonly type: 'delivered' },
): OneStep {
  const { current } = one
  if (current === null) return unchanged(one)
  const what = `notify: ${targetOf(one.rule)}: ${nameOf(current.notice)}`
  if (problem === null) {
    const said: readonly NotifierEffect[] =
      output === null ? [] : [{ type: 'log', level: 'info', line: `${what}: ${output}` }]
    const next = going({ ...one, current: null, delivered: one.delivered + 1, problem: null })
    return { ...next, effects: [...said, ...next.effects] }
  }
  const told = output === null ? problem : `${problem}: ${output}`
  if (mayPass && one.rule.url !== null && current.tries < TRIES_OF_A_URL) {
    return { state: one, effects: [{ type: 'startTimer', timer: `retry:${one.id}`, delayMs: RETRY_MS }] }
  }
  const next = going({ ...one, current: null, failed: one.failed + 1, problem: told })
  return { ...next, effects: [{ type: 'log', level: 'warn', line: `${what}: ${told}` }, ...next.effects] }
}

/** One that goes on being told, by the same program or URL, has its notices still; what an other one was to be told is dropped. */
function configured(state: NotifierState, options: NotifierOptions, at: string): NotifierStep {
  const left = [...state.notifiers]
  let { nextId } = state
  const notifiers = options.notifiers.map((rule) => {
    const same = left.findIndex((one) => isDeepStrictEqual(placeOf(one.rule), placeOf(rule)))
    const [kept] = same < 0 ? [] : left.splice(same, 1)
    return kept === undefined ? notifying(rule, nextId++) : { ...kept, rule }
  })
  const effects = left.flatMap(({ id, rule, waiting }): NotifierEffect[] => {
    const line = `notify: ${targetOf(rule)} is told no more: ${waiting.length} notices are dropped`
    const log = { type: 'log', level: 'warn', line } as const
    return [{ type: 'cancelTimer', timer: `retry:${id}` }, ...(waiting.length > 0 ? [log] : [])]
  })
  const next = { ...state, options, notifiers, nextId }
  const { refusal } = options
  const isRefused = refusal !== null && refusal.number !== (state.options.refusal?.number ?? 0)
  if (!isRefused) return { state: next, effects }
  const told = telling(next, refusalNotice(refusal.problems, options, at))
  return { ...told, effects: [...effects, ...told.effects] }
}

const placeOf = ({ command, url }: NotifierRule) => [command, url]

function changed(state: NotifierState, id: number, change: (one: Notifying) => OneStep): NotifierStep {
  const found = state.notifiers.find((one) => one.id === id)
  if (found === undefined) return { state, effects: [] }
  const { state: next, effects } = change(found)
  return { state: { ...state, notifiers: state.notifiers.map((one) => (one.id === id ? next : one)) }, effects }
}

/** Of its arguments or its query some may be secrets. */
const targetOf = ({ command: [program], url }: NotifierRule): string =>
  url === null ? (program ?? 'nobody') : withoutSecrets(url)

const nameOf = ({ event, instance, node }: Notice): string => `${event} of ${instance ?? node}`

export function describeNotifier({ notifiers }: NotifierState): NotifierStatus {
  return {
    notifiers: notifiers.map(({ rule, delivered, failed, dropped, waiting, current }) => {
      return {
        target: targetOf(rule),
        delivered,
        failed,
        dropped,
        waiting: waiting.length + (current === null ? 0 : 1),
      }
    }),
    warnings: notifiers.flatMap(({ rule, problem }) => {
      if (problem === null) return []
      const target = targetOf(rule)
      return [warning('notify-failed', target, `notify: ${target} failed when it was called last: ${problem}`)]
    }),
  }
}

/** As it is run, and replayed. */
export const notifierMachine = {
  machine: 'notifier',
  step: stepNotifier,
  label: ({ notifiers }: NotifierState): string =>
    notifiers.some(({ current }) => current !== null) ? 'telling' : 'idle',
}
