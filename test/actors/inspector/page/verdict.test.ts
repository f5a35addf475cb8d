import { expect, test } from 'vitest'
import { h, textOf } from '../../../../actors/inspector/page/markup.js'
import { findingsView, judge, titleOf, verdictView } from '../../../../actors/inspector/page/verdict.js'
import { known, NOW_MS, statusOf } from './known.ts'

const wordsOf = (knowledge: Parameters<typeof verdictView>[0]) => textOf(h('div', {}, verdictView(knowledge)))

test('the verdict is that of the gateway, with what the worst finding advises', () => {
  const verdict = { level: 'failure', text: 'failure: nobody leads 10.0.0.5', since: '2026-03-01T02:55:00Z' } as const
  const finding = { about: null, evidence: [], since: null }
  const findings = [
    { ...finding, code: 'b', level: 'note', text: 'a note', advice: 'read it' },
    {
      ...finding,
      code: 'a',
      level: 'failure',
      text: 'no director',
      advice: 'start a gateway',
      evidence: ['nobody is heard'],
    },
  ] as const
  const knowledge = known({ status: statusOf({ verdict }), findings })
  expect(judge(knowledge)).toEqual({ level: 'failure', text: 'nobody leads 10.0.0.5', sinceMs: NOW_MS - 300_000 })
  expect(wordsOf(knowledge)).toMatch(
    /Failure: {1,2}nobody leads 10\.0\.0\.5 since .*, 5 min ago What to do: {1,2}Start a gateway/,
  )
  const listed = textOf(h('div', {}, findingsView(knowledge)))
  expect(listed).toMatch(/no director Start a gateway Because: nobody is heard .*a note Read it/)
})

test('a gateway is well where it has no findings, and not before it has said so', () => {
  const words = (knowledge: Parameters<typeof findingsView>[0]) => textOf(h('div', {}, findingsView(knowledge)))
  expect(words(known({ findings: null }))).toBe('Not known yet.')
  expect(words(known({ findings: [] }))).toBe('Nothing is wrong.')
})

test('a gateway that does not answer has no verdict, whatever it said last, and does not claim to be director', () => {
  const verdict = { level: 'ok', text: 'ok: jupiter leads', since: '2026-03-01T02:00:00Z' } as const
  const knowledge = known({ status: statusOf({ verdict }), trouble: 'No connection', statusAtMs: NOW_MS - 12_000 })
  expect(judge(knowledge)).toMatchObject({ level: 'unknown', text: 'jupiter does not answer' })
  expect(wordsOf(knowledge)).toContain('12 s ago')
  expect(wordsOf(knowledge)).toContain('It was director then')
  expect(titleOf(judge(knowledge), 'jupiter')).toBe('? jupiter does not answer')
})

test('a gateway that wants a token says so', () => {
  const locked = known({ status: null, trouble: 'It asks for a token', isLocked: true, statusAtMs: null })
  expect(judge(locked)).toMatchObject({ level: 'unknown', text: 'this gateway asks for a token' })
})

test('the title tells the verdict by a sign, a word and a sentence', () => {
  expect(titleOf(judge(known()), 'jupiter')).toBe('✓ ok · jupiter: jupiter leads, 3 of 3 nodes serve')
})
