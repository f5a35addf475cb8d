import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLinuxWebhooks } from '../../../../../runtime/ports/host/linux/webhooks.ts'
import { done } from '../../../../../runtime/ports/result.ts'

let server: Server
let url: string
const got: { readonly method: string | undefined; readonly type: string | undefined; readonly body: string }[] = []
const webhooks = openLinuxWebhooks()

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      got.push({ method: request.method, type: request.headers['content-type'], body })
      const status = Number(/(\d+)$/.exec(request.url ?? '')?.[1])
      if (Number.isNaN(status)) return
      response.writeHead(status, { location: '/200' }).end('whatever')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  webhooks.close()
  server.closeAllConnections()
  server.close()
})

test('JSON is sent by POST, and a status of 200..299 takes it', async () => {
  expect(await webhooks.post(`${url}/204`, '{"event":"director"}', 20_000)).toEqual(done)
  expect(got.at(-1)).toEqual({ method: 'POST', type: 'application/json', body: '{"event":"director"}' })
})

test.each([
  [503, 'EMAYPASS'],
  [429, 'EMAYPASS'],
  [404, 'EREFUSED'],
  [301, 'EREFUSED'],
])('a status of %i is no delivery, and its code says whether another try may do', async (status, code) => {
  const answer = await webhooks.post(`${url}/${status}?key=hidden&x=${status}`, '{}', 20_000)
  expect(answer).toEqual({ ok: false, code, reason: `answers with status ${status}` })
})

test('a server that says nothing is given up in time', async () => {
  expect(await webhooks.post(`${url}/silence`, '{}', 300)).toEqual({
    ok: false,
    code: 'EMAYPASS',
    reason: 'gave no answer within 300 ms',
  })
})

test('nobody there is told, and another try may do', async () => {
  expect(await webhooks.post('http://127.0.0.1:1/x', '{}', 20_000)).toMatchObject({ ok: false, code: 'EMAYPASS' })
})

test('a close ends what is under way', async () => {
  const others = openLinuxWebhooks()
  const posting = others.post(`${url}/silence`, '{}', 20_000)
  others.close()
  expect(await posting).toMatchObject({ ok: false })
})
