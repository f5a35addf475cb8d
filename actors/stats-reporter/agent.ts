/**
 * Asks the operator's agent what this node can give, and tells discovery when that has changed.
 *
 *     start --> ask --answered--> compare --changed--> log, tell discovery
 *                ^                   |
 *                '---- timer `ask` <-'     never more than one question is under way
 *
 * An agent that says nothing sensible three times in a row counts as none: it must not take a node out by its own failure.
 */

import { isDeepStrictEqual } from 'node:util'
import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type {
  CancelTimer,
  SendTo,
  StartTimer,
  Step,
  TimerExpired,
  WriteLog,
} from '../../runtime/actor-system/machine/machine.ts'
import type { AgentQuestion } from '../../runtime/ports/host/agent.ts'
import type { Result } from '../../runtime/ports/result.ts'
import type { AgentWord } from '../discovery/messages.ts'
import { parseAgentWord } from './agent-word.ts'
import type { StatsReporterPeers } from './machine.ts'

const TOLERATED_FAILURES = 2
/** Of what an agent says instead of a word, this much is repeated. */
const QUOTED_CHARACTERS = 40

export interface AgentRules {
  readonly question: AgentQuestion
  /** From the answer to the next question. */
  readonly intervalMs: number
}

export interface AgentState {
  /** Null: there is no agent. */
  readonly rules: AgentRules | null
  /** Answers to questions of an earlier one are ignored. */
  readonly generation: number
  /** As it counts; null: as if there was no agent. */
  readonly word: AgentWord | null
  /** Answers in a row that were none, and why the last was not. */
  readonly failures: number
  readonly problem: string | null
  readonly discoveryUp: boolean
}

export type AgentEvent =
  | { readonly type: 'started' }
  | { readonly type: 'answered'; readonly generation: number; readonly answer: Result<string> }
  | { readonly type: 'discoveryUp' }
  | { readonly type: 'discoveryDown' }
  | { readonly type: 'configured'; readonly rules: AgentRules | null }
  | { readonly type: 'stopped' }
  | TimerExpired<'ask'>

export type AgentEffect =
  /** Comes back as `answered` with the same generation. */
  | { readonly type: 'ask'; readonly generation: number; readonly question: AgentQuestion }
  | StartTimer<'ask'>
  | CancelTimer<'ask'>
  | SendTo<StatsReporterPeers>
  | WriteLog

type AgentStep = Step<AgentState, AgentEffect>

export const initialAgent = (rules: AgentRules | null): AgentState => ({
  rules,
  generation: 0,
  word: null,
  failures: 0,
  problem: null,
  discoveryUp: false,
})

export function stepAgent(state: AgentState, event: AgentEvent): AgentStep {
  switch (event.type) {
    case 'started':
    case 'timerExpired':
      return asking(state)
    case 'answered':
      return event.generation === state.generation ? answered(state, event.answer) : { state, effects: [] }
    case 'discoveryUp':
      return { state: { ...state, discoveryUp: true }, effects: state.word === null ? [] : [telling(state.word)] }
    case 'discoveryDown':
      return { state: { ...state, discoveryUp: false }, effects: [] }
    case 'configured':
      return configured(state, event.rules)
    case 'stopped':
      return { state: { ...state, generation: state.generation + 1 }, effects: [{ type: 'cancelTimer', timer: 'ask' }] }
    default:
      return event satisfies never
  }
}

/** What is wrong with it, for the status. */
export const agentWarnings = ({ problem, word }: AgentState): readonly Warning[] => {
  if (problem === null) return []
  const text = `the agent of this node ${problem}${word === null ? ': it counts as none' : ''}`
  return [warning('agent-failed', null, text)]
}

function asking(state: AgentState): AgentStep {
  const { rules, generation } = state
  return { state, effects: rules === null ? [] : [{ type: 'ask', generation, question: rules.question }] }
}

function answered(state: AgentState, answer: Result<string>): AgentStep {
  const { rules } = state
  if (rules === null) return { state, effects: [] }
  const said = answer.ok ? parseAgentWord(answer.value) : undefined
  const next = said === undefined ? failed(state, problemOf(answer)) : spoke(state, said)
  const again: AgentEffect = { type: 'startTimer', timer: 'ask', delayMs: rules.intervalMs }
  return { ...next, effects: [...next.effects, again] }
}

function spoke(state: AgentState, word: AgentWord): AgentStep {
  const next = counting({ ...state, failures: 0, problem: null }, word)
  if (state.problem === null) return next
  return { ...next, effects: [{ type: 'log', level: 'info', line: 'agent: answers again' }, ...next.effects] }
}

function failed(state: AgentState, problem: string): AgentStep {
  const failures = state.failures + 1
  const next = counting({ ...state, failures, problem }, failures > TOLERATED_FAILURES ? null : state.word)
  // One line for an outage, not one for each question.
  if (state.problem !== null) return next
  return { ...next, effects: [{ type: 'log', level: 'warn', line: `agent: ${problem}` }, ...next.effects] }
}

function counting(state: AgentState, word: AgentWord | null): AgentStep {
  if (isDeepStrictEqual(word, state.word)) return { state, effects: [] }
  const log: WriteLog = { type: 'log', level: 'info', line: `agent: ${textOf(word)}` }
  return { state: { ...state, word }, effects: state.discoveryUp ? [log, telling(word)] : [log] }
}

/** Another agent, or another question: what the old one said is over when the new one has spoken. */
function configured(state: AgentState, rules: AgentRules | null): AgentStep {
  if (isDeepStrictEqual(rules, state.rules)) return { state, effects: [] }
  const changed = { ...state, rules, generation: state.generation + 1, failures: 0, problem: null }
  const next = rules === null ? counting(changed, null) : asking(changed)
  return { ...next, effects: [{ type: 'cancelTimer', timer: 'ask' }, ...next.effects] }
}

const telling = (word: AgentWord | null): SendTo<StatsReporterPeers> => ({
  type: 'send',
  to: 'discovery',
  message: { type: 'agent', word },
})

function problemOf(answer: Result<string>): string {
  if (!answer.ok) return answer.reason
  const quoted = JSON.stringify(answer.value.trim().slice(0, QUOTED_CHARACTERS))
  return `says ${quoted}, which is none of up, drain, down and 0%..100%`
}

function textOf(word: AgentWord | null): string {
  if (word === null) return 'counts as none'
  if (word.down) return 'says down: this node gets no traffic'
  return word.share === 0 ? 'says drain: this node gets no new clients' : `says ${Math.round(word.share * 1000) / 10} %`
}

/** As it is run, and replayed. */
export const agentMachine = {
  machine: 'agent',
  step: stepAgent,
  label: ({ problem }: AgentState): string => (problem === null ? 'asking' : 'unanswered'),
}
