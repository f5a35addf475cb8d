import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openLinuxProxyProbe } from '../../../../../runtime/ports/sockets/linux/proxy-probe.ts'

const servers: (Server | HttpServer)[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  }
})

async function listening(server: Server | HttpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A proxy that answers every absolute-form request with that status, and tells what it was asked for. */
const proxyThatSays = (status: number, asked: string[] = []) =>
  createHttpServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end('x'.repeat(100_000))
  })

const PATIENT_MS = 20_000
const http = { type: 'http', url: 'http://origin.example/path', expectedStatus: [], timeoutMs: PATIENT_MS } as const

test('connect: a port that takes connections, one that refuses', async () => {
  const probe = openLinuxProxyProbe()
  const port = await listening(createServer())
  expect(await probe.probe({ type: 'connect', port, timeoutMs: PATIENT_MS })).toMatchObject({ ok: true })
  const [server] = servers.splice(0)
  await new Promise((resolve) => server!.close(resolve))
  expect(await probe.probe({ type: 'connect', port, timeoutMs: PATIENT_MS })).toMatchObject({
    ok: false,
    reason: expect.stringContaining('ECONNREFUSED'),
  })
})

test('http: the proxy is asked for the whole URL, and its status counts', async () => {
  const probe = openLinuxProxyProbe()
  const asked: string[] = []
  const [well, ill] = [await listening(proxyThatSays(301, asked)), await listening(proxyThatSays(503))]
  expect(await probe.probe({ ...http, port: well })).toMatchObject({ ok: true })
  expect(asked).toEqual(['http://origin.example/path'])
  expect(await probe.probe({ ...http, port: ill })).toMatchObject({ ok: false, reason: 'answers with status 503' })
  expect(await probe.probe({ ...http, port: ill, expectedStatus: [407, 503] })).toMatchObject({ ok: true })
  expect(await probe.probe({ ...http, port: well, expectedStatus: [200] })).toMatchObject({ ok: false })
})

test('https: by a tunnel, whose refusal is named', async () => {
  const asked: string[] = []
  const server = proxyThatSays(200)
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  const port = await listening(server)
  const answer = await openLinuxProxyProbe().probe({ ...http, port, url: 'https://origin.example/' })
  expect(asked).toEqual(['origin.example:443'])
  expect(answer).toMatchObject({ ok: false, reason: expect.stringContaining('403') })
})

test('a proxy that takes the connection and says nothing has failed when its time is over', async () => {
  const port = await listening(createServer(() => undefined))
  const answer = await openLinuxProxyProbe().probe({ ...http, port, timeoutMs: 50 })
  expect(answer).toMatchObject({ ok: false, reason: 'gave no answer within 50 ms' })
})

test('no HTTP at all', async () => {
  const port = await listening(createServer((socket) => socket.end('SSH-2.0-nonsense\r\n')))
  expect(await openLinuxProxyProbe().probe({ ...http, port })).toMatchObject({ ok: false, code: 'EPROBE' })
})

test('closed, nothing is waited for', async () => {
  const port = await listening(createServer(() => undefined))
  const probe = openLinuxProxyProbe()
  const answer = probe.probe({ ...http, port })
  probe.close()
  expect(await answer).toMatchObject({ ok: false })
})
