import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asOrdinaryUser } from '../../ordinary-user.ts'
import { ask, freePort, InspectedGateway } from './gateway-fixture.ts'

let gateway: InspectedGateway
beforeEach(() => {
  gateway = new InspectedGateway()
})
afterEach(() => gateway.close())

const listening = (server: Server, where: string | number) =>
  new Promise<void>((resolve) => {
    if (typeof where === 'string') server.listen(where, resolve)
    else server.listen(where, '127.0.0.1', resolve)
  })
const closed = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))

describe('the control socket', () => {
  test('is for its owner only, and gone after a stop', async () => {
    await gateway.start()
    expect(statSync(gateway.socketPath).mode & 0o777).toBe(0o600)
    await gateway.stop()
    expect(existsSync(gateway.socketPath)).toBe(false)
  })

  test('of a dead process is replaced', async () => {
    const { execFileSync } = await import('node:child_process')
    // Ends without closing: the file stays, and nobody listens.
    const leave = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    expect(() => execFileSync(process.execPath, ['-e', leave, gateway.socketPath], { stdio: 'ignore' })).toThrow()
    expect(statSync(gateway.socketPath).isSocket()).toBe(true)
    await gateway.start()
    expect((await ask(gateway.socketPath, '/status')).status).toBe(200)
  })

  test('of a living gateway is refused, and left alone', async () => {
    await gateway.start()
    const second = new InspectedGateway()
    const starting = second.start({ control: { socketPath: gateway.socketPath } })
    await expect(starting).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `${gateway.socketPath}: another gateway runs with this control socket; stop it first`,
    })
    await second.close()
    expect((await ask(gateway.socketPath, '/status')).status).toBe(200)
  })

  test('is not made in the place of a file that is something else', async () => {
    writeFileSync(gateway.socketPath, 'precious')
    await expect(gateway.start()).rejects.toMatchObject({ code: 'ENOTSOCK' })
    expect(statSync(gateway.socketPath).size).toBe(8)
  })

  test('in a directory that is not there is an error that says so', async () => {
    const starting = gateway.start({ control: { socketPath: '/nowhere/proxyha.sock' } })
    await expect(starting).rejects.toMatchObject({
      code: 'ELISTEN',
      message: expect.stringContaining('/nowhere/proxyha.sock'),
    })
  })
})

describe('the TCP port', () => {
  test('that is taken is a warning; the control socket works, and the port is tried again', async () => {
    const port = await freePort()
    const other = createServer()
    await listening(other, port)
    await gateway.start({}, port)
    const warning = `inspector: cannot listen on 127.0.0.1 port ${port}: EADDRINUSE; status is on the control socket`
    expect(gateway.lines).toEqual([`warn: ${warning}`])
    expect(JSON.parse((await ask(gateway.socketPath, '/status')).body).warnings).toContain(warning)
    await closed(other)
    gateway.clock.advance(5000)
    await expect.poll(() => gateway.lines.at(-1)).toBe(`info: inspector: listens on 127.0.0.1 port ${port}`)
    expect(JSON.parse((await ask(port, '/status')).body).warnings).not.toContain(warning)
  })

  test.each([
    ['evil.example:9253', 403],
    ['10.0.0.1', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:9253', 200],
    ['127.0.0.1', 200],
    ['[::1]:9253', 200],
  ])('without a token a Host of %s is %i: no web page may rebind its name to it', async (host, status) => {
    await gateway.start()
    expect((await ask(gateway.port, '/status', { headers: { host } })).status).toBe(status)
  })

  test('with a token is for those who have it', async () => {
    const token = 'a-token-of-many-letters'
    const port = await freePort()
    await gateway.start({ inspector: { address: '127.0.0.1', port, tokens: [{ role: 'viewer', token }] } }, port)
    const statusWith = async (authorization?: string) =>
      (await ask(port, '/status', authorization === undefined ? {} : { headers: { authorization } })).status
    expect(await statusWith()).toBe(401)
    expect(await statusWith(`Bearer ${token}x`)).toBe(401)
    expect(await statusWith(`Basic ${token}`)).toBe(401)
    expect(await statusWith('Bearer')).toBe(401)
    expect(await statusWith(`Bearer ${token}`)).toBe(200)
    expect((await ask(gateway.socketPath, '/status')).status).toBe(200)
  })

  test('with several tokens is for whoever has one, and orders are for operators', async () => {
    const port = await freePort()
    const [viewer, former, operator] = ['a-token-of-a-viewer', 'a-former-token-of-it', 'a-token-of-an-operator']
    const tokens = [
      { role: 'viewer', token: viewer },
      { role: 'viewer', token: former },
      { role: 'operator', token: operator },
    ] as const
    await gateway.start({ inspector: { address: '127.0.0.1', port, tokens } }, port)
    const statusOf = async (path: string, token: string, method: string) =>
      (await ask(port, path, { method, headers: { authorization: `Bearer ${token}` } })).status
    for (const token of [viewer, former, operator]) expect(await statusOf('/status', token, 'GET')).toBe(200)
    expect(await statusOf('/drain?node=10.0.0.1', viewer, 'POST')).toBe(403)
    expect(await statusOf('/drain?node=nobody', operator, 'POST')).toBe(409)
    expect(await statusOf('/drain?node=nobody', operator, 'GET')).toBe(405)
    expect(await statusOf('/test/crash?actor=elector', operator, 'GET')).toBe(404)
    expect(await statusOf('/drain?node=nobody', 'a-token-of-nobody', 'POST')).toBe(401)
  })

  test('with a token counts and tells who has none, at a bounded rate, and ends their connections', async () => {
    const port = await freePort()
    const token = 'a-token-of-many-letters'
    await gateway.start({ inspector: { address: '127.0.0.1', port, tokens: [{ role: 'viewer', token }] } }, port)
    const replies = await Promise.all(Array.from({ length: 3 }, () => ask(port, '/status')))
    expect(replies.map(({ status, headers }) => [status, headers.connection])).toEqual(Array(3).fill([401, 'close']))
    gateway.clock.advance(10_000)
    await ask(port, '/status')
    expect(gateway.lines).toEqual([
      'warn: inspector: a request without the right token from 127.0.0.1 was refused',
      'warn: inspector: a request without the right token from 127.0.0.1 was refused (3 since the last such line)',
    ])
    const { body } = await ask(gateway.socketPath, '/metrics')
    expect(body).toContain('proxyha_inspector_refused_total{status="401"} 4')
  })

  test('tells of log lines that nobody took', async () => {
    await gateway.start()
    gateway.lostLines.note('stdout', 3)
    const { body } = await ask(gateway.socketPath, '/metrics')
    expect(body).toContain('proxyha_log_lines_lost_total{output="stdout"} 3')
    expect(body).toContain('proxyha_log_lines_lost_total{output="syslog"} 0')
    expect(body).toContain('proxyha_log_lines_lost_total{output="journald"} 0')
  })

  test('with a token is not held by those who have none: the ninth of a source ends the first', async () => {
    const port = await freePort()
    const token = 'a-token-of-many-letters'
    await gateway.start({ inspector: { address: '127.0.0.1', port, tokens: [{ role: 'viewer', token }] } }, port)
    const open: Socket[] = []
    for (let index = 0; index < 70; index++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.once('connect', resolve))
      open.push(socket)
    }
    await expect.poll(() => open.filter((socket) => !socket.closed).length).toBe(8)
    const headers = { authorization: `Bearer ${token}` }
    expect((await ask(port, '/status', { headers })).status).toBe(200)
    for (const socket of open) socket.destroy()
  })

  test('takes no body and no headers beyond 8 KiB', async () => {
    await gateway.start()
    expect((await ask(gateway.port, '/status', { method: 'POST', body: 'x'.repeat(100) })).status).toBe(413)
    expect((await ask(gateway.port, '/status', { headers: { 'x-long': 'x'.repeat(9000) } })).status).toBe(431)
    expect((await ask(gateway.port, '/status')).status).toBe(200)
  })

  test('holds 64 connections; the 65th is closed', async () => {
    await gateway.start()
    const open: Socket[] = []
    const connected = () =>
      new Promise<Socket>((resolve) => {
        const socket = connect(gateway.port, '127.0.0.1', () => resolve(socket))
        socket.on('error', () => undefined)
        open.push(socket)
      })
    for (let index = 0; index < 64; index++) await connected()
    const last = await connected()
    await new Promise((resolve) => last.once('close', resolve))
    expect(open.slice(0, 64).every((socket) => !socket.destroyed)).toBe(true)
    for (const socket of open) socket.destroy()
  })
})

test('a control socket whose directory cannot be written to is an error, not a hang', async () => {
  chmodSync(gateway.folder, 0o555)
  await asOrdinaryUser(() => expect(gateway.start()).rejects.toMatchObject({ code: 'ELISTEN' }))
  chmodSync(gateway.folder, 0o700)
})
