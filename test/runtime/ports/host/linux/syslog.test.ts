import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatSyslogMessage, openLinuxSyslog } from '../../../../../runtime/ports/host/linux/syslog.ts'
import type { Syslog } from '../../../../../runtime/ports/host/syslog.ts'
import { FakeClock } from '../../../../fakes/clock.ts'
import { UnixReceiver } from '../../../../unix-receiver.ts'

const AT_MS = new Date(2026, 2, 5, 7, 8, 9).getTime()
let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'))
  path = join(folder, 'log')
})
afterEach(() => rmSync(folder, { recursive: true }))

function openSyslog(): Syslog {
  const opened = openLinuxSyslog(new FakeClock(0, AT_MS), { tag: 'proxyha', path })
  if (!opened.ok) throw new Error(opened.reason)
  return opened.value
}

test('a line has facility daemon, its severity, time, tag and process', () => {
  expect(formatSyslogMessage('info', 'proxyha', 42, AT_MS, 'Entering MASTER STATE').toString()).toBe(
    '<30>Mar  5 07:08:09 proxyha[42]: Entering MASTER STATE',
  )
  expect(formatSyslogMessage('error', 'proxyha', 42, AT_MS, 'x').toString()).toMatch(/^<27>/)
  expect(formatSyslogMessage('warn', 'proxyha', 42, AT_MS, 'x').toString()).toMatch(/^<28>/)
  expect(formatSyslogMessage('debug', 'proxyha', 42, AT_MS, 'x').toString()).toMatch(/^<31>/)
})

test('a line cannot pose as two, nor grow beyond what daemons take', () => {
  expect(formatSyslogMessage('info', 'p', 1, AT_MS, 'one\n<27>two\0').toString()).toMatch(/one <27>two $/)
  expect(formatSyslogMessage('info', 'p', 1, AT_MS, 'x'.repeat(100_000))).toHaveLength(8192)
})

test('lines reach the daemon', () => {
  const daemon = new UnixReceiver(path)
  const syslog = openSyslog()
  syslog.write('info', 'one')
  syslog.write('warn', 'two')
  expect(daemon.received()).toEqual([
    `<30>Mar  5 07:08:09 proxyha[${process.pid}]: one`,
    `<28>Mar  5 07:08:09 proxyha[${process.pid}]: two`,
  ])
  expect(syslog.lost).toBe(0)
  syslog.close()
  daemon.close()
})

test('without a daemon lines are lost and counted; one that comes (back) gets the next line', () => {
  const syslog = openSyslog()
  syslog.write('info', 'before')
  const first = new UnixReceiver(path)
  syslog.write('info', 'first')
  expect(first.received()).toEqual([expect.stringContaining('first')])
  first.close()
  syslog.write('info', 'between')
  const second = new UnixReceiver(path)
  syslog.write('info', 'second')
  expect(second.received()).toEqual([expect.stringContaining('second')])
  expect(syslog.lost).toBe(2)
  syslog.close()
  second.close()
})

test('a daemon that does not keep up costs lines, never time', () => {
  const daemon = new UnixReceiver(path)
  const syslog = openSyslog()
  for (let line = 0; line < 5000; line++) syslog.write('info', `line ${line}`)
  expect(syslog.lost).toBeGreaterThan(0)
  expect(daemon.received().length + syslog.lost).toBe(5000)
  syslog.close()
  daemon.close()
})

test('a path that is too long is refused, and a closed log only counts', () => {
  const long = openLinuxSyslog(new FakeClock(), { tag: 'proxyha', path: `/${'x'.repeat(200)}` })
  expect(long).toMatchObject({ ok: false, code: 'ENAMETOOLONG' })
  const syslog = openSyslog()
  syslog.close()
  syslog.close()
  syslog.write('info', 'late')
  expect(syslog.lost).toBe(1)
})
