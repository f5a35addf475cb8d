import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openLinuxAgent } from '../../../../../runtime/ports/host/linux/agent.ts'

const PATIENT_MS = 20_000
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

const shell = (script: string, timeoutMs = PATIENT_MS) =>
  openLinuxAgent().ask({ type: 'command', command: ['/bin/sh', '-c', script], timeoutMs })

async function served(status: number, body: string, timeoutMs = PATIENT_MS) {
  const server = createServer((_, response) => {
    response.writeHead(status)
    if (timeoutMs === PATIENT_MS) response.end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/share`
  return openLinuxAgent().ask({ type: 'http', url, timeoutMs })
}

test('a program answers by what it prints, and gets its arguments as they are', async () => {
  expect(await shell('echo 75%')).toEqual({ ok: true, value: '75%\n' })
  const command = ['/bin/echo', '$HOME', '; ls']
  const asked = await openLinuxAgent().ask({ type: 'command', command, timeoutMs: PATIENT_MS })
  expect(asked).toEqual({ ok: true, value: '$HOME ; ls\n' })
})

test.each([
  ['ends with 3', 'exit 3', 'ended with 3'],
  ['prints too much', 'yes', 'printed more than 4096 characters'],
  ['is killed', 'kill -9 $$', 'was ended'],
])('a program that %s has not answered', async (_, script, reason) => {
  expect(await shell(script)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
})

test('a program that is not there, or is none', async () => {
  const ask = (program: string) => openLinuxAgent().ask({ type: 'command', command: [program], timeoutMs: PATIENT_MS })
  expect(await ask('/nowhere/share')).toMatchObject({ reason: '/nowhere/share is not there' })
  expect(await ask('/etc/passwd')).toMatchObject({ reason: '/etc/passwd may not be executed' })
})

test('who takes too long is ended', async () => {
  expect(await shell('exec sleep 60', 50)).toMatchObject({ ok: false, reason: 'gave no answer within 50 ms' })
  expect(await served(200, '', 50)).toMatchObject({ ok: false, reason: 'gave no answer within 50 ms' })
})

test('a URL answers by its body', async () => {
  expect(await served(200, 'drain')).toEqual({ ok: true, value: 'drain' })
  expect(await served(503, 'up')).toMatchObject({ ok: false, reason: expect.stringContaining('status 503') })
  expect(await served(200, 'x'.repeat(100_000))).toMatchObject({ reason: expect.stringContaining('more than 4096') })
  const refusing = await openLinuxAgent().ask({ type: 'http', url: 'http://127.0.0.1:1/', timeoutMs: PATIENT_MS })
  expect(refusing).toMatchObject({ ok: false, reason: expect.stringContaining('ECONNREFUSED') })
})
