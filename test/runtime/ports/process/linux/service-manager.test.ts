import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinServiceManager } from '../../../../../runtime/ports/process/linux/service-manager.ts'
import { UnixReceiver } from '../../../../unix-receiver.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['a path', () => join(folder, 'notify'), (name: string) => name],
  ['an abstract name', () => `@proxyha-test-${process.pid}`, (name: string) => `\0${name.slice(1)}`],
])('what is told arrives as one message, at %s', (_title, nameOf, addressOf) => {
  const name = nameOf()
  const receiver = new UnixReceiver(addressOf(name))
  const manager = joinServiceManager({ NOTIFY_SOCKET: name })
  manager?.notify('READY=1', 'STATUS=BACKUP, 3 nodes')
  manager?.notify('STOPPING=1')
  expect(receiver.received()).toEqual(['READY=1\nSTATUS=BACKUP, 3 nodes', 'STOPPING=1'])
  receiver.close()
})

test('nobody is told anything where no service manager is named, or one that is not on this machine', () => {
  for (const NOTIFY_SOCKET of [undefined, '', '@', '/', 'vsock:2:1234', 'notify']) {
    expect(joinServiceManager(NOTIFY_SOCKET === undefined ? {} : { NOTIFY_SOCKET })).toBeUndefined()
  }
  expect(joinServiceManager({ NOTIFY_SOCKET: `/${'x'.repeat(200)}` })).toBeUndefined()
})

test('one that is gone, or does not keep up, costs its messages and no time', () => {
  const name = join(folder, 'slow')
  const manager = joinServiceManager({ NOTIFY_SOCKET: name })!
  manager.notify('READY=1')
  const receiver = new UnixReceiver(name)
  for (let message = 0; message < 5000; message++) manager.notify(`STATUS=${message}`)
  const received = receiver.received()
  expect(received[0]).toBe('STATUS=0')
  expect(received.length).toBeLessThan(5000)
  receiver.close()
})

test.each([
  [{ WATCHDOG_USEC: '10000000' }, 10_000],
  [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: String(process.pid) }, 10_000],
  [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '1' }, null],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: 'soon' }, null],
  [{}, null],
])('a watchdog is one that is ours: %j', (variables, watchdogMs) => {
  expect(joinServiceManager({ NOTIFY_SOCKET: join(folder, 'x'), ...variables })?.watchdogMs).toBe(watchdogMs)
})

test('what we start does not speak for us', () => {
  process.env.NOTIFY_SOCKET = join(folder, 'x')
  process.env.WATCHDOG_USEC = '10000000'
  process.env.WATCHDOG_PID = String(process.pid)
  joinServiceManager()
  const environment = execFileSync('env', { encoding: 'utf8' })
  expect(environment).not.toMatch(/^(NOTIFY_SOCKET|WATCHDOG_)/m)
})
