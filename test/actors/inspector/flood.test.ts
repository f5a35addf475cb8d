import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import { ask, InspectedGateway, partOf, routeOf } from './gateway-fixture.ts'

let gateway: InspectedGateway
beforeEach(async () => {
  gateway = new InspectedGateway()
  await gateway.start()
})
afterEach(() => gateway.close())

/** Counts calls of one method of an actor, all of them and those at a time; each takes as long as `release` is not called. */
function watchCalls(actor: string, method: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const calls = { all: 0, now: 0, most: 0, release: resolve }
  const original = gateway.controls[actor]![method]! as (...parameters: unknown[]) => Promise<unknown>
  const counted = async (...parameters: unknown[]) => {
    calls.all += 1
    calls.now += 1
    calls.most = Math.max(calls.most, calls.now)
    await promise
    calls.now -= 1
    return original(...parameters)
  }
  gateway.controls[actor] = { ...gateway.controls[actor], [method]: counted }
  return calls
}

/** Sends so many requests at once on one connection; the status codes of the answers when all are there, or it has ended. */
function pipeline(requests: readonly string[]): Promise<readonly number[]> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write(requests.map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''))
    })
    const codes = () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => Number(code))
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
      if (codes().length === requests.length) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(codes()))
  })
}

const same = (path: string, count: number) => Array.from({ length: count }, () => path)

describe('a flood of requests', () => {
  test.each([
    ['/clients', 'dispatcher', 'clients'],
    ['/which?client=10.1.0.1', 'dispatcher', 'which'],
    ['/metrics', 'supervisor', 'actors'],
    ['/actors', 'supervisor', 'actors'],
    ['/status', 'dispatcher', 'describe'],
  ])('for %s, 8 x 200 at once, asks %s.%s once', async (path, actor, method) => {
    const calls = watchCalls(actor, method)
    const answers = Promise.all(Array.from({ length: 8 }, () => pipeline(same(path, 200))))
    // Whatever else is answered on the way: all of the flood has been read by then.
    for (let turn = 0; turn < 50; turn++) await ask(gateway.socketPath, '/nowhere')
    calls.release()
    expect((await answers).flat()).toEqual(same('200', 1600).map(Number))
    expect(calls.all).toBeLessThanOrEqual(2)
  })

  test('for other clients each has few calls under way; who is too many is told to come back', async () => {
    const calls = watchCalls('dispatcher', 'which')
    const paths = Array.from({ length: 200 }, (_, index) => `/which?client=10.1.1.${index}`)
    const answered = pipeline(paths)
    await expect.poll(() => calls.now).toBe(4)
    calls.release()
    const codes = await answered
    expect(codes.filter((code) => code === 200)).toHaveLength(68)
    expect(codes.filter((code) => code === 503)).toHaveLength(132)
    expect(calls.most).toBe(4)
  })

  test('for pages that differ makes one listing at a time', async () => {
    const calls = watchCalls('dispatcher', 'clients')
    const answered = pipeline(Array.from({ length: 20 }, (_, index) => `/clients?limit=${index + 1}`))
    await expect.poll(() => calls.now).toBe(1)
    calls.release()
    expect(await answered).toEqual(same('200', 20).map(Number))
    expect(calls.most).toBe(1)
  })

  test('on TCP does not keep the owner of the control socket waiting', async () => {
    const calls = watchCalls('dispatcher', 'which')
    const paths = Array.from({ length: 200 }, (_, index) => `/which?client=10.1.1.${index}`)
    const answered = pipeline(paths)
    await expect.poll(() => calls.now).toBe(4)
    const own = ask(gateway.socketPath, '/which?client=10.9.9.9')
    await expect.poll(() => calls.now).toBe(5)
    calls.release()
    expect((await own).status).toBe(200)
    await answered
  })

  test('of more than 256 requests at once on one connection ends that connection', async () => {
    watchCalls('dispatcher', 'clients')
    expect(await pipeline(same('/clients', 300))).toEqual([])
    expect((await ask(gateway.port, '/healthz')).status).toBe(200)
  })
})

describe('the clients', () => {
  const KNOWN = Array.from({ length: 1300 }, (_, index) => `10.2.${index >> 8}.${index & 255}`)
  const asked: (readonly number[])[] = []
  beforeEach(() => {
    asked.length = 0
    const clients = async (from: number, skip: number, take: number) => {
      asked.push([from, skip, take])
      return partOf(KNOWN, from, skip, Math.min(take, 512))
    }
    gateway.controls.dispatcher = { ...gateway.controls.dispatcher, clients }
  })
  const page = async (query: string) => {
    const { body, headers } = await ask(gateway.port, `/clients${query}`)
    return { routes: JSON.parse(body) as readonly ClientRoute[], headers }
  }

  test('are 200 unless more are asked for, with how many there are and where the next page is', async () => {
    const { routes, headers } = await page('')
    expect(routes).toEqual(KNOWN.slice(0, 200).map(routeOf))
    expect(headers['x-total-count']).toBe('1300')
    expect(headers.link).toBe('</clients?limit=200&offset=200>; rel="next"')
  })

  test('come page by page, and the last has no next', async () => {
    const { routes, headers } = await page('?limit=500&offset=1000')
    expect(routes).toEqual(KNOWN.slice(1000).map(routeOf))
    expect([headers['x-total-count'], headers.link]).toEqual(['1300', undefined])
    expect((await page('?offset=1300')).routes).toEqual([])
    expect((await ask(gateway.port, '/clients?offset=-1')).status).toBe(400)
  })

  test('are asked for in parts, so that whoever answers has other turns between', async () => {
    expect((await page('?limit=65536')).routes).toHaveLength(1300)
    expect(asked.every(([, , take]) => take! <= 512)).toBe(true)
    expect(asked.length).toBeGreaterThanOrEqual(3)
  })

  test('are good for a second for whoever asks for the same page', async () => {
    await page('?limit=3')
    const first = asked.length
    await page('?limit=3&of=nobody')
    expect(asked).toHaveLength(first)
    gateway.clock.advance(1000)
    await page('?limit=3')
    expect(asked).toHaveLength(2 * first)
  })
})

test('a reader that takes nothing of a long answer is ended', async () => {
  const line = 'x'.repeat(24_000)
  for (let index = 0; index < 1000; index++) gateway.observe({ type: 'log', level: 'info', line } as never)
  const slow = connect(gateway.port, '127.0.0.1')
  slow.on('error', () => undefined)
  await new Promise((resolve) => slow.once('connect', resolve))
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const ends = `0100007F:${hex(gateway.port)} 0100007F:${hex(slow.localPort!)}`
  slow.write('GET /events?follow=0 HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await new Promise((resolve) => slow.once('readable', resolve))
  // Who does not read is told nothing of the end either: the kernel knows of the inspector's side.
  const established = () => readFileSync('/proc/net/tcp', 'utf8').includes(`${ends} 01 `)
  expect(established()).toBe(true)
  await expect.poll(established, { timeout: 25_000 }).toBe(false)
  slow.destroy()
}, 30_000)
