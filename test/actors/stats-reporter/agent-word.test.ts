import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAgentWord } from '../../../actors/stats-reporter/agent-word.ts'

test.each([
  ['up', 1, false],
  ['ready\n', 1, false],
  ['75%', 0.75, false],
  ['12.5%', 0.125, false],
  ['  UP 50% # squid is half full\nmore', 0.5, false],
  ['0%', 0, false],
  ['drain', 0, false],
  ['up,drain', 0, false],
  ['down', 0, true],
  ['100% down', 0, true],
  ['maint', 0, true],
])('%j: a share of %d, down: %s', (text, share, down) => {
  expect(parseAgentWord(text)).toEqual({ share, down })
})

test.each(['', '\n', '# up', '__proto__', 'constructor', 'well', 'up well', '101%', '-1%', '50', '%', '1e1%'])(
  '%j is no answer',
  (text) => {
    expect(parseAgentWord(text)).toBeUndefined()
  },
)

test('whatever is said, a share is of 0..1, and who is down gets nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'up down 0123456789.%,') })), (text) => {
      const word = parseAgentWord(text)
      if (word === undefined) return
      expect(word.share).toBeGreaterThanOrEqual(0)
      expect(word.share).toBeLessThanOrEqual(word.down ? 0 : 1)
    }),
  )
})
