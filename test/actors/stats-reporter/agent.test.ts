import { expect, test } from 'vitest'
import {
  type AgentEffect,
  type AgentEvent,
  type AgentState,
  agentWarnings,
  initialAgent,
  stepAgent,
} from '../../../actors/stats-reporter/agent.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { refused } from '../../../runtime/ports/result.ts'

const RULES = { question: { type: 'http', url: 'http://127.0.0.1/', timeoutMs: 1000 }, intervalMs: 5000 } as const
const OTHER = { ...RULES, intervalMs: 1000 }

/** Steps the machine; `effects` are those of the last event. */
class Stepped {
  state: AgentState
  effects: readonly AgentEffect[] = []

  constructor(rules: AgentState['rules'] = RULES) {
    this.state = initialAgent(rules)
    this.give({ type: 'started' }, { type: 'discoveryUp' })
  }

  give(...events: readonly AgentEvent[]): this {
    for (const event of events) {
      const { state, effects } = stepAgent(this.state, event)
      this.state = state
      this.effects = effects
    }
    return this
  }

  says(text: string): this {
    return this.give({ type: 'answered', generation: this.state.generation, answer: { ok: true, value: text } })
  }

  fails(): this {
    return this.give({ type: 'answered', generation: this.state.generation, answer: refused('EAGENT', 'ended with 1') })
  }

  get told() {
    return this.effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))
  }

  get lines() {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
  }
}

test('is asked at the start, and an interval after each answer', () => {
  expect(stepAgent(initialAgent(RULES), { type: 'started' }).effects).toEqual([
    { type: 'ask', generation: 0, question: RULES.question },
  ])
  const agent = new Stepped().says('up')
  expect(agent.effects).toContainEqual({ type: 'startTimer', timer: 'ask', delayMs: 5000 })
  expect(agent.give({ type: 'timerExpired', timer: 'ask' }).effects).toMatchObject([{ type: 'ask' }])
})

test('discovery is told what changes, and again when it has started anew', () => {
  const agent = new Stepped().says('drain')
  expect(agent.told).toEqual([{ type: 'agent', word: { share: 0, down: false } }])
  expect(agent.lines).toEqual(['agent: says drain: this node gets no new clients'])
  expect(agent.says('drain').told).toEqual([])
  expect(agent.says('down').lines).toEqual(['agent: says down: this node gets no traffic'])
  expect(agent.says('40%').lines).toEqual(['agent: says 40 %'])
  expect(agent.give({ type: 'discoveryDown' }).says('up').told).toEqual([])
  expect(agent.give({ type: 'discoveryUp' }).told).toEqual([{ type: 'agent', word: { share: 1, down: false } }])
})

test('what it said counts through two answers that are none; then it counts as none, in one line for all of it', () => {
  const agent = new Stepped().says('40%').fails()
  expect(agent.lines).toEqual(['agent: ended with 1'])
  expect(textsOf(agentWarnings(agent.state))).toEqual(['the agent of this node ended with 1'])
  expect(agent.says('forty').told).toEqual([])
  expect(agent.lines).toEqual([])
  expect(agent.fails().told).toEqual([{ type: 'agent', word: null }])
  expect(agent.lines).toEqual(['agent: counts as none'])
  expect(textsOf(agentWarnings(agent.state))).toEqual(['the agent of this node ended with 1: it counts as none'])
  expect(agent.says('40%').lines).toEqual(['agent: answers again', 'agent: says 40 %'])
  expect(textsOf(agentWarnings(agent.state))).toEqual([])
})

test('what is no answer is repeated to the operator, but not all of it', () => {
  const agent = new Stepped().says(`well\u0007 ${'x'.repeat(5000)}`)
  expect(agent.state.problem).toMatch(/^says "well\\u0007 x+", which is none of up, drain, down and 0%\.\.100%$/)
  expect(agent.state.problem!.length).toBeLessThan(120)
})

test('another agent is asked at once, what the former one answers is not listened to; without one nothing counts', () => {
  const agent = new Stepped().says('40%').give({ type: 'configured', rules: OTHER })
  expect(agent.effects).toMatchObject([{ type: 'cancelTimer' }, { type: 'ask', generation: 1 }])
  agent.give({ type: 'answered', generation: 0, answer: { ok: true, value: 'down' } })
  expect(agent.state.word).toEqual({ share: 0.4, down: false })
  expect(agent.give({ type: 'configured', rules: OTHER }).effects).toEqual([])
  agent.give({ type: 'configured', rules: null })
  expect(agent.told).toEqual([{ type: 'agent', word: null }])
  expect(agent.effects).toContainEqual({ type: 'cancelTimer', timer: 'ask' })
})

test('a node without an agent asks nobody', () => {
  expect(stepAgent(initialAgent(null), { type: 'started' }).effects).toEqual([])
})
