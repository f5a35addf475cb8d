import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseHost } from '../../../runtime/cli/tcp-door.ts'
import { freePort, InspectedGateway } from '../../actors/inspector/gateway-fixture.ts'
import { CapturedCli } from './captured-cli.ts'

const TOKENS = [
  { role: 'viewer', token: 'looks' },
  { role: 'operator', token: 'orders' },
] as const

let gateway: InspectedGateway
let cli: CapturedCli
beforeEach(async () => {
  gateway = new InspectedGateway()
  cli = new CapturedCli()
  const port = await freePort()
  await gateway.start({ inspector: { address: '127.0.0.1', port, tokens: TOKENS } }, port)
})
afterEach(() => gateway.close())

function tokenFile(text: string): string {
  const path = join(gateway.folder, 'token')
  writeFileSync(path, text)
  return path
}
const host = () => `127.0.0.1:${gateway.port}`
const ask = (...args: readonly string[]) => cli.output(...args, '--host', host())

test.each([
  ['10.10.74.86', 'http://10.10.74.86:9253/'],
  ['10.10.74.86:80', 'http://10.10.74.86/'],
  ['saturn:9000', 'http://saturn:9000/'],
  ['[fe80::1]', 'http://[fe80::1]:9253/'],
  ['http://saturn', 'http://saturn/'],
  ['https://saturn.example/ha/', 'https://saturn.example/ha/'],
])('--host %s is %s', (text, url) => expect(parseHost(text).href).toBe(url))

test.each(['', 'ftp://saturn', 'http://user:word@saturn', 'http://saturn/?a=b', 'sat urn', ':9253'])(
  '--host %j is refused',
  (text) => expect(() => parseHost(text)).toThrow('It must be an address'),
)

describe('a gateway on another host', () => {
  test('is asked with the token of the file', async () => {
    const { code, stdout, stderr } = await ask('status', '--token-file', tokenFile('looks\n'))
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('jupiter (10.0.0.1) is director')
  })

  test('pages and streams come the same way', async () => {
    const file = tokenFile('looks')
    expect((await ask('clients', '-n', '2', '--token-file', file)).stderr).toContain('2 of 3 clients')
    gateway.observe({ type: 'log', level: 'warn', line: 'careful' })
    const following = ask('events', '--follow', '--internal', '--token-file', file)
    await expect.poll(() => `${cli.stdout.text}${cli.stderr.text}`, { timeout: 5000 }).toContain('careful')
    cli.interruption.abort()
    expect((await following).code).toBe(0)
  })

  test('takes orders from an operator alone', async () => {
    gateway.controls.announcer = { announce: async () => ['10.0.0.5'] }
    expect(await ask('announce', '--token-file', tokenFile('looks'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the gateway says: orders are given'),
    })
    cli = new CapturedCli()
    expect(await ask('announce', '--token-file', tokenFile('orders'))).toMatchObject({ code: 0 })
  })

  test('without a token, or with another, it says what to do', async () => {
    expect(await ask('status')).toMatchObject({
      code: 1,
      stderr: `http://${host()}: asks for a token; name a file that holds one of its inspector.tokens with --token-file\n`,
    })
    cli = new CapturedCli()
    const file = tokenFile('guessed')
    const { stderr } = await ask('status', '--token-file', file)
    expect(stderr).toContain(`http://${host()}: does not take the token of ${file}`)
  })
})

describe('is a line and exit code 1', () => {
  test.each([
    ['two tokens', 'a b', 'must hold one token'],
    ['an empty file', '', 'must hold one token'],
  ])('%s', async (_what, text, told) => {
    const { code, stderr } = await ask('status', '--token-file', tokenFile(text))
    expect([code, stderr.includes(told)]).toEqual([1, true])
  })

  test('a file of the token that is not there', async () => {
    const { code, stderr } = await ask('status', '--token-file', '/nowhere/token')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^\/nowhere\/token: the token cannot be read: /)])
  })

  test('a port where nobody listens', async () => {
    const port = await freePort()
    const { code, stderr } = await cli.output('status', '--host', `127.0.0.1:${port}`)
    expect([code, stderr]).toEqual([1, expect.stringContaining(`nobody listens on http://127.0.0.1:${port}: `)])
  })

  test('TLS where none is spoken', async () => {
    const { code, stderr } = await cli.output('status', '--host', `https://${host()}`)
    expect([code, stderr]).toEqual([1, expect.stringContaining('speaks no TLS there')])
  })

  test.each(['<html>', '{}', '{"status":"success","data":[]}'])('somebody else who answers %s', async (answer) => {
    const other = createServer((_, response) => response.end(answer))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await cli.output('status', '--host', `http://127.0.0.1:${port}`)
    expect([code, stderr]).toEqual([
      1,
      `http://127.0.0.1:${port}: what answers there is no gateway; name the address of its inspector (inspector.listen) with --host\n`,
    ])
    await new Promise((resolve) => other.close(resolve))
  })

  test('a socket beside it, or a token without it', async () => {
    expect((await ask('status', '-s', gateway.socketPath)).stderr).toContain('cannot be used with option')
    cli = new CapturedCli()
    const { code, stderr } = await cli.output('status', '-s', gateway.socketPath, '--token-file', tokenFile('looks'))
    expect([code, stderr]).toEqual([1, '--token-file is for --host; a control socket asks for none\n'])
  })
})
