import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  formatJournalEntry,
  isUnderJournal,
  openLinuxJournal,
} from '../../../../../runtime/ports/host/linux/journal.ts'
import { UnixReceiver } from '../../../../unix-receiver.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
  path = join(folder, 'socket')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an entry has its message, priority, facility daemon, tag, process, and further fields', () => {
  const entry = formatJournalEntry('warn', 'proxyha', 42, 'Entering FAULT STATE', { PROXYHA_ACTOR: 'elector' })
  expect(entry.toString()).toBe(
    'PROXYHA_ACTOR=elector\nMESSAGE=Entering FAULT STATE\nPRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=proxyha\nSYSLOG_PID=42\n',
  )
})

test('no value can pose as another field, nor grow beyond what a datagram takes', () => {
  const entry = formatJournalEntry('info', 'p', 1, 'one\nPRIORITY=0', {
    PROXYHA_NODE: `two\nMESSAGE=${'x'.repeat(100_000)}`,
  })
  expect(entry.toString().match(/^PRIORITY=.*$/gm)).toEqual(['PRIORITY=6'])
  expect(entry.toString().match(/^MESSAGE=.*$/gm)).toEqual(['MESSAGE=one PRIORITY=0'])
  expect(entry.length).toBeLessThan(10_000)
})

test('entries reach the journal; without one they are lost and counted, and one that comes (back) gets the next', () => {
  const opened = openLinuxJournal('proxyha', path)
  if (!opened.ok) throw new Error(opened.reason)
  const journal = opened.value
  journal.write('info', 'before', {})
  const daemon = new UnixReceiver(path)
  journal.write('error', 'one', { PROXYHA_ACTOR: 'watcher' })
  expect(daemon.received()).toEqual([expect.stringMatching(/^PROXYHA_ACTOR=watcher\nMESSAGE=one\nPRIORITY=3\n/)])
  expect(journal.lost).toBe(1)
  journal.close()
  daemon.close()
})

test('it is under the journal where JOURNAL_STREAM names what stdout or stderr is, not where it was inherited', () => {
  const { dev, ino } = statSync('/proc/self/fd/2', { bigint: true })
  expect(isUnderJournal(`${dev}:${ino}`)).toBe(true)
  expect(isUnderJournal(`${dev}:${ino + 1n}`)).toBe(false)
  expect(isUnderJournal(undefined)).toBe(false)
})
