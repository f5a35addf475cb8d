import { expect, test } from 'vitest'
import { orderHappening } from '../../../../actors/inspector/timeline/orders.ts'
import { entryOf, type Names, wordsOf } from '../../../../actors/inspector/timeline/words.ts'
import type { InspectionDetail, InspectionEvent } from '../../../../runtime/actor-system/inspection/inspection.ts'

const names: Names = {
  self: { name: 'jupiter', address: '10.0.0.1' },
  of: (address) => (address === '10.0.0.2' ? 'saturn' : undefined),
}
const at = Date.UTC(2026, 10, 30, 3, 0, 0, 7)
const event = (detail: InspectionDetail): InspectionEvent => ({
  ...detail,
  actor: 'announcer',
  sequence: 0,
  atMs: 1,
  wallMs: at,
})
const failed = { type: 'happened', kind: 'nodeFailed', level: 'failure', what: 'failed: no squid' } as const

test.each<[string, InspectionDetail, string | null]>([
  ['of this node', failed, 'jupiter failed: no squid'],
  ['of one that is named', { ...failed, node: 'uranus', address: '10.0.0.3' }, 'uranus failed: no squid'],
  ['of one whose name is known', { ...failed, address: '10.0.0.2' }, 'saturn failed: no squid'],
  ['of a stranger', { ...failed, address: '10.0.0.9' }, '10.0.0.9 failed: no squid'],
  ['that is a sentence', { ...failed, kind: 'warning', what: 'No key is set' }, 'No key is set'],
  ['of a crash', { type: 'crashed', reason: 'boom' }, 'jupiter restarts its announcer, which crashed: boom'],
  ['of an end', { type: 'escalated', reason: 'boom' }, 'jupiter leaves the group: its announcer keeps failing: boom'],
  ['of a log line', { type: 'log', level: 'error', line: 'x' }, null],
  ['of a state', { type: 'state', from: 'BACKUP', to: 'MASTER', cause: 'drained' }, null],
  ['of a start', { type: 'spawned', incarnation: 0 }, null],
])('the words %s', (_title, detail, words) => {
  expect(wordsOf(event(detail), names)).toBe(words)
})

test('a reader who knows no names gets words as well', () => {
  expect(wordsOf(event(failed))).toBe('this node failed: no squid')
})

test('an entry has the time in UTC, and whom it is about as far as that is known', () => {
  const entry = { at: '2026-11-30T03:00:00.007Z', kind: 'nodeFailed', level: 'failure', by: null }
  expect(entryOf(event(failed), names)).toEqual({
    ...entry,
    node: 'jupiter',
    address: '10.0.0.1',
    words: 'jupiter failed: no squid',
  })
  expect(entryOf(event({ ...failed, address: '10.0.0.9' }), names)).toMatchObject({ node: null, address: '10.0.0.9' })
})

test('what others say is cut and made legible: no line of a terminal is moved by it', () => {
  const entry = entryOf(event({ ...failed, node: `a\u001b[2J${'b'.repeat(100)}`, what: 'x'.repeat(1000) }), names)
  expect(entry?.words).toHaveLength(300)
  expect(entry?.words).toMatch(/^a\?\[2J/)
  expect(entry?.node).toHaveLength(64)
})

test.each([
  ['/drain?node=saturn', 'drain', 'was ordered to drain saturn'],
  ['/maint?node=saturn&timeoutMs=0', 'maint', 'was ordered to put saturn into maintenance'],
  ['/assign?client=10.1.0.7&node=saturn', 'assign', 'was ordered to assign 10.1.0.7 to saturn'],
  ['/unassign?client=10.1.0.7', 'unassign', 'was ordered to let 10.1.0.7 go as any other client'],
  ['/failover', 'failover', 'was ordered to hand over'],
  ['/reload', 'reload', 'was ordered to read its configuration'],
])('the order %s', (path, kind, what) => {
  const url = new URL(path, 'http://localhost')
  expect(orderHappening(url, 'alice')).toEqual({ kind, level: 'info', what, by: 'alice' })
})

test('a check of the configuration changes nothing, so it is not told', () => {
  expect(orderHappening(new URL('http://localhost/reload?check=1'), 'alice')).toBeUndefined()
})
