import { expect, test } from 'vitest'
import { problem } from '../../../../actors/inspector/doctor/findings.ts'
import { STANDING_MAX, Standing } from '../../../../actors/inspector/doctor/standing.ts'

const found = (about: number) => problem('node-failure', 'it fails', [], null, { about: String(about) })

test(`of ${STANDING_MAX} findings the beginning is remembered; further ones begin with each look`, () => {
  const standing = new Standing()
  const all = Array.from({ length: STANDING_MAX + 1 }, (_, index) => found(index))
  standing.note(all, 1_000)
  const dated = standing.note(all, 9_000)
  expect(dated[0]!.since).toBe('1970-01-01T00:00:01Z')
  expect(dated.at(-2)!.since).toBe('1970-01-01T00:00:01Z')
  expect(dated.at(-1)!.since).toBe('1970-01-01T00:00:09Z')
})

test('a rule that knows better is believed', () => {
  const since = '2026-01-31T12:00:00Z'
  expect(new Standing().note([{ ...found(1), since }], 0)).toMatchObject([{ since }])
})
