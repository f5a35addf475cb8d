import { entriesIn, lineOf } from '../../../actors/inspector/timeline/entry-lines.ts'
import { TIMELINE_KEPT } from '../../../actors/inspector/timeline/timeline.ts'
import { bytesOf, type FuzzTarget, holds, same, textOf } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'

const entry = (id: number) =>
  ({
    id,
    at: '2026-03-01T03:00:00.000Z',
    node: 'jupiter',
    address: '10.0.0.1',
    kind: 'started',
    words: 'jupiter started',
    level: 'info',
    by: null,
  }) as const

/** The timeline's file, which may hold anything when a gateway starts. */
export const timeline: FuzzTarget = {
  name: 'timeline',
  mostBytes: 16_384,
  seeds: [[entry(1), entry(2), entry(9)].map(lineOf).join(''), '', '\n\n', lineOf(entry(1)).slice(0, 40)].map(bytesOf),
  words: ['"id":', '"at":"', 'null', '1e15', '"level":"failure"', '__proto__', lineOf(entry(7))],
  mutate(input, random) {
    const lines = entriesIn(textOf(input)).map((each) =>
      JSON.stringify(mutatedTree(each, random, [1, 2, 1e15, 'info', '2026-03-01T03:00:00.000Z'])),
    )
    return bytesOf(`${lines.join('\n')}\n`)
  },
  run(input) {
    const entries = entriesIn(textOf(input))
    holds(entries.length <= TIMELINE_KEPT, 'no more entries are kept than have room')
    holds(
      entries.every(({ id }, index) => index === 0 || id > entries[index - 1]!.id),
      'numbers rise',
    )
    same(entriesIn(entries.map(lineOf).join('')), entries, 'entries read and written are the same')
    return String(Math.min(entries.length, 4))
  },
}
