/** Who asks, what that one may, and who gave an order. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accessOf } from '../../../actors/inspector/http/access.ts'
import { ask, askJson, freePort, InspectedGateway } from './gateway-fixture.ts'

const VIEWER = 'a-token-of-a-viewer'
const OPERATOR = 'a-token-of-an-operator'
const TOKENS = [
  { role: 'viewer', token: VIEWER },
  { role: 'operator', token: OPERATOR },
] as const

describe('the Origin of a request', () => {
  const access = (origin: string, host = '10.0.0.1:9253') =>
    accessOf({ address: '10.0.0.1', tokens: TOKENS }, { host, origin, authorization: `Bearer ${OPERATOR}` })

  test('is the host that is asked, whatever is in front of it', () => {
    expect(access('http://10.0.0.1:9253').granted).toBe(true)
    expect(access('https://Monitor.example', 'monitor.example').granted).toBe(true)
  })

  test.each([
    'http://evil.example',
    'http://10.0.0.1',
    'http://10.0.0.1:9254',
    'null',
    '',
    'http://',
    'file://10.0.0.1:9253',
  ])('is refused where it is %j, also with the right token', (origin) =>
    expect(access(origin)).toMatchObject({ granted: false, status: 403 }),
  )
})

describe('whoever asks', () => {
  let gateway: InspectedGateway
  let port = 0

  beforeEach(async () => {
    gateway = new InspectedGateway()
    port = await freePort()
  })
  afterEach(() => gateway.close())

  const startWithTokens = () => gateway.start({ inspector: { address: '127.0.0.1', port, tokens: TOKENS } }, port)
  const showing = (token: string) => ({ authorization: `Bearer ${token}` })

  test('is told by /access what that one may', async () => {
    await startWithTokens()
    const accessWith = async (token: string) =>
      JSON.parse((await ask(port, '/access', { headers: showing(token) })).body)
    expect(await accessWith(VIEWER)).toMatchObject({
      role: 'viewer',
      by: 'viewer token 1 from 127.0.0.1',
      orders: [],
      ordersAre: expect.stringContaining('role is operator'),
      node: 'jupiter',
    })
    expect(await accessWith(OPERATOR)).toMatchObject({
      role: 'operator',
      by: 'operator token 2 from 127.0.0.1',
      orders: expect.arrayContaining(['/drain', '/failover']),
      ordersAre: null,
    })
    expect(await askJson(gateway.socketPath, '/access')).toMatchObject({ role: 'operator', by: 'the control socket' })
  })

  test('without a token, which only loopback is, looks', async () => {
    await gateway.start()
    expect(await askJson(gateway.port, '/access')).toMatchObject({
      role: 'viewer',
      by: 'no token from 127.0.0.1',
      orders: [],
    })
  })

  test('and gives an order is named in the log with it, whether it was taken or refused', async () => {
    await startWithTokens()
    gateway.controls.discovery = { ...gateway.controls.discovery, drain: async () => undefined }
    const post = (path: string) => ask(port, path, { method: 'POST', headers: showing(OPERATOR) })
    expect((await post('/drain?node=10.0.0.2')).status).toBe(200)
    expect((await post('/maint?node=nobody%0a&timeoutMs=5')).status).toBe(409)
    await ask(gateway.socketPath, '/undrain?node=node-2', { method: 'POST' })
    expect(gateway.lines).toEqual([
      'info: order: drain 10.0.0.2, given, by operator token 2 from 127.0.0.1',
      'warn: order: maint nobody? 5, refused, by operator token 2 from 127.0.0.1',
      'info: order: undrain node-2, given, by the control socket',
    ])
  })

  test('for a page of another host is refused, counted and told', async () => {
    await startWithTokens()
    const headers = { ...showing(OPERATOR), origin: 'http://evil.example' }
    expect(await ask(port, '/drain?node=10.0.0.2', { method: 'POST', headers })).toMatchObject({ status: 403 })
    expect(gateway.lines).toEqual(['warn: inspector: a request of a page of another host from 127.0.0.1 was refused'])
    expect((await ask(gateway.socketPath, '/metrics')).body).toContain(
      'proxyha_inspector_refused_total{status="403"} 1',
    )
  })
})
