import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EVENTS_KEPT } from '../../../actors/inspector/event-log.ts'
import { STREAMS_MAX } from '../../../actors/inspector/http/event-streams.ts'
import type { TimelineEntry } from '../../../actors/inspector/messages.ts'
import { readVersion } from '../../../runtime/gateway/version.ts'
import { ask, askJson, InspectedGateway } from './gateway-fixture.ts'

let gateway: InspectedGateway
beforeEach(async () => {
  gateway = new InspectedGateway()
  await gateway.start()
})
afterEach(() => gateway.close())

const logged = (line: string) => ({ type: 'log', level: 'info', line }) as const
const message = { type: 'message', from: 'discovery', message: 'membership', bytes: 9, waitedMs: 0 } as const

/** Opens a stream; resolves when its headers are there. */
function open(
  path = '/events',
  headers: Readonly<Record<string, string>> = {},
): Promise<{ response: IncomingMessage; text: () => string; close: () => void }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: gateway.socketPath, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('error', () => undefined)
      resolve({ response, text: () => text, close: () => asked.destroy() })
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('a stream gives what was kept, then what happens, each with a rising id', async () => {
  gateway.observe(logged('before'))
  const stream = await open()
  expect(stream.response.headers['content-type']).toBe('text/event-stream')
  gateway.observe(logged('after'))
  await expect.poll(stream.text).toContain('"line":"after"')
  expect(stream.text()).toMatch(
    /^id: \w+-0\nevent: log\ndata: \{.*"line":"before".*\}\n\n[\s\S]*id: \w+-1\nevent: log\ndata: /,
  )
  stream.close()
})

describe('a stream that is opened again', () => {
  beforeEach(() => {
    for (let index = 0; index < 5; index++) gateway.observe(logged(`line ${index}`))
  })
  /** The lines that a reader gets, and the gap that it is told of; `had` is the number of the event that it had last. */
  const linesOf = async (path: string, had?: (epoch: string) => string) => {
    const first = await open()
    await expect.poll(first.text).toContain('id: ')
    const epoch = /^id: (\w+)-/m.exec(first.text())?.[1] ?? ''
    first.close()
    const stream = await open(path, had === undefined ? {} : { 'last-event-id': had(epoch) })
    gateway.observe(logged('live'))
    await expect.poll(stream.text).toContain('"live"')
    stream.close()
    return [...stream.text().matchAll(/"(?:line|reason)":"([^"]+)"/g)].map(([, line]) => line)
  }
  const all = ['line 0', 'line 1', 'line 2', 'line 3', 'line 4']

  test.each<[string, string, ((epoch: string) => string) | undefined, readonly string[]]>([
    ['goes on after the event that Last-Event-ID names', '', (epoch) => `${epoch}-2`, ['line 3', 'line 4']],
    ['gets nothing of before where it had all', '', (epoch) => `${epoch}-4`, []],
    ['begins anew where the id is of an inspector before this one', '', () => 'x1-2', ['restart', ...all]],
    ['begins anew where the id is of none', '', (epoch) => `${epoch}-700`, ['restart', ...all]],
    ['begins anew where the id is no id', '', () => 'fred', ['restart', ...all]],
    ['begins with the last so many where ?last= says so', '?last=2', undefined, ['line 3', 'line 4']],
    ['heeds both', '?last=1', (epoch) => `${epoch}-1`, ['line 4']],
  ])('%s', async (_title, query, had, lines) => {
    expect(await linesOf(`/events${query}`, had)).toEqual([...lines, 'live'])
  })

  test('is told that something is not kept any more', async () => {
    for (let index = 5; index < EVENTS_KEPT + 2; index++) gateway.observe(logged(`line ${index}`))
    expect((await linesOf('/events', (epoch) => `${epoch}-0`))[0]).toBe('notKept')
    expect((await linesOf('/events', (epoch) => `${epoch}-900`))[0]).toBe('line 901')
  })

  test('that shows single messages is told that those are not kept', async () => {
    gateway.observe(message)
    expect(await linesOf('/events?messages=1', (epoch) => `${epoch}-3`)).toEqual(['notKept', 'line 4', 'live'])
  })

  test('that shows no single messages has missed none', async () => {
    gateway.observe(message)
    expect(await linesOf('/events', (epoch) => `${epoch}-3`)).toEqual(['line 4', 'live'])
  })
})

test('?follow=0 gives the last 1000 as a JSON list, or as many as are asked for', async () => {
  for (let index = 0; index < EVENTS_KEPT + 5; index++) gateway.observe(logged(`line ${index}`))
  const events = (await askJson(gateway.socketPath, '/events?follow=0')) as { line: string }[]
  expect(events).toHaveLength(EVENTS_KEPT)
  expect([events[0]?.line, events.at(-1)?.line]).toEqual(['line 5', 'line 1004'])
  const last = (await askJson(gateway.socketPath, '/events?follow=0&last=2')) as { line: string }[]
  expect(last.map(({ line }) => line)).toEqual(['line 1003', 'line 1004'])
  expect(await askJson(gateway.socketPath, '/events?follow=0&last=0')).toEqual({
    error: 'last must be 1..1000',
    code: 'bad-request',
  })
})

test('single messages are for those who ask for them, only while they do, and are not kept', async () => {
  const watched: boolean[] = []
  gateway.controls.supervisor = {
    ...gateway.controls.supervisor,
    watch: async (on: boolean) => {
      watched.push(on)
    },
  }
  const quiet = await open()
  const all = await open('/events?messages=1')
  gateway.observe(message)
  gateway.observe(logged('last'))
  await expect.poll(all.text).toContain('"last"')
  await expect.poll(quiet.text).toContain('"last"')
  expect(all.text()).toContain('"membership"')
  expect(quiet.text()).not.toContain('"membership"')
  expect(JSON.stringify(await askJson(gateway.socketPath, '/events?follow=0'))).not.toContain('"membership"')
  expect(watched.at(-1)).toBe(true)
  all.close()
  await expect.poll(() => watched.at(-1)).toBe(false)
  quiet.close()
})

test('a quiet stream is kept alive by comments', async () => {
  const stream = await open()
  const before = stream.text().length
  gateway.clock.advance(15_000)
  await expect.poll(() => stream.text().slice(before)).toContain(':\n\n')
  stream.close()
})

test('the 17th reader is refused; when one leaves there is room again', async () => {
  const streams = []
  for (let index = 0; index < STREAMS_MAX; index++) streams.push(await open())
  expect((await ask(gateway.socketPath, '/events')).status).toBe(503)
  streams[0]?.close()
  await expect
    .poll(async () => {
      const stream = await open()
      stream.close()
      return stream.response.statusCode
    })
    .toBe(200)
  for (const stream of streams) stream.close()
})

test('a reader that does not read is dropped, and the others go on', async () => {
  const slow = connect(gateway.socketPath)
  slow.on('error', () => undefined)
  await new Promise<void>((resolve) => slow.once('connect', resolve))
  slow.write('GET /events HTTP/1.1\r\nhost: x\r\n\r\n')
  await new Promise<void>((resolve) => slow.once('readable', resolve))
  const quick = await open()
  const dropped = async () =>
    Number(/proxyha_event_streams_dropped_total (\d+)/.exec((await ask(gateway.socketPath, '/metrics')).body)?.[1])
  await expect
    .poll(
      async () => {
        for (let index = 0; index < 200; index++) gateway.observe(logged('x'.repeat(1000)))
        return dropped()
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(1)
  gateway.observe(logged('to the quick one'))
  await expect.poll(quick.text).toContain('to the quick one')
  slow.destroy()
  quick.close()
})

test('a stop ends the streams', async () => {
  const stream = await open()
  const ended = new Promise((resolve) => stream.response.once('close', resolve))
  await gateway.stop()
  await ended
})

describe('the timeline', () => {
  const failed = { type: 'happened', kind: 'nodeFailed', level: 'failure', what: 'failed: no squid' } as const
  const timeline = async (query = '') =>
    (await askJson(gateway.socketPath, `/timeline${query}`)) as { entries: TimelineEntry[]; problem: string | null }
  const wordsOf = ({ entries }: { entries: TimelineEntry[] }) => entries.map(({ words }) => words)
  const started = `jupiter started: proxyha ${readVersion()}, workers mode`

  test('has what happened in words, of each node by its name', async () => {
    await ask(gateway.socketPath, '/status')
    gateway.observe({ ...failed, address: '10.0.0.2' })
    gateway.observe(logged('internal'))
    const { entries, problem } = await timeline()
    expect(problem).toBeNull()
    expect(wordsOf({ entries })).toEqual([started, 'node-2 failed: no squid'])
    expect(entries[1]).toEqual({
      id: 2,
      at: '2023-11-14T22:13:20.000Z',
      node: 'node-2',
      address: '10.0.0.2',
      kind: 'nodeFailed',
      words: 'node-2 failed: no squid',
      level: 'failure',
      by: null,
    })
    const events = (await askJson(gateway.socketPath, '/events?follow=0')) as { words: string | null }[]
    expect(events.map(({ words }) => words)).toEqual(['node-2 failed: no squid', null])
  })

  test('goes on after a restart, and is asked for in parts', async () => {
    gateway.observe(failed)
    await gateway.stop()
    gateway.clock.advance(1000)
    await gateway.start()
    expect(wordsOf(await timeline())).toEqual([started, 'jupiter failed: no squid', 'jupiter stops', started])
    expect(wordsOf(await timeline('?after=2'))).toEqual(['jupiter stops', started])
    expect(wordsOf(await timeline('?last=1'))).toEqual([started])
    expect(await timeline('?after=fred')).toEqual({ error: 'after must be the id of an entry', code: 'bad-request' })
    expect(await timeline('?last=1001')).toEqual({ error: 'last must be 1..1000', code: 'bad-request' })
  })

  test('tells of orders that were taken, with who gave them', async () => {
    gateway.controls.discovery = { ...gateway.controls.discovery, drain: async () => undefined }
    await ask(gateway.socketPath, '/drain?node=node-2', { method: 'POST' })
    await ask(gateway.socketPath, '/drain?node=nobody', { method: 'POST' })
    const { entries } = await timeline('?after=1')
    expect(entries).toMatchObject([{ kind: 'drain', by: 'the control socket' }])
    expect(wordsOf({ entries })).toEqual(['jupiter was ordered to drain node-2'])
  })
})
