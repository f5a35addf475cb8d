import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { error } from '../../../actors/inspector/openapi/answers.ts'
import { openApiDocument } from '../../../actors/inspector/openapi/document.ts'
import { PATHS } from '../../../actors/inspector/openapi/paths.ts'
import { ask, InspectedGateway, memberOf } from './gateway-fixture.ts'

/** What is asked where a path alone does not do. */
const QUERIES: Readonly<Record<string, string>> = {
  '/which': '?client=10.1.0.1',
  '/events': '?follow=0',
  '/drain': '?node=10.0.0.2',
  '/undrain': '?node=10.0.0.2',
  '/maint': '?node=10.0.0.2',
  '/forget': '?node=10.0.0.9',
  '/assign': '?client=10.1.0.1&node=10.0.0.2',
  '/unassign': '?client=10.1.0.1',
}

const gateway = new InspectedGateway()
const answer = (path: string, method = 'GET') => ask(gateway.socketPath, path, { method })
const operations = Object.entries(PATHS)

beforeAll(async () => {
  const members = [
    memberOf('10.0.0.1', { self: true, director: true }),
    memberOf('10.0.0.2'),
    memberOf('10.0.0.9', { health: 'stale', missingSince: '2026-01-31T12:00:00Z' }),
  ]
  const done = async () => undefined
  const discovery = { members, counters: {}, warnings: [], strangers: [] }
  gateway.controls.discovery = { describe: async () => discovery, figures: async () => [], drain: done, forget: done }
  const { dispatcher } = gateway.controls
  const ties = async () => [{ client: '10.1.0.1', node: '10.0.0.2' }]
  gateway.controls.dispatcher = { ...dispatcher, ties, tie: async () => null }
  gateway.controls.elector = { ...gateway.controls.elector, stepDown: async () => true }
  gateway.controls.announcer = { ...gateway.controls.announcer, announce: async () => ['10.0.0.5'] }
  const report = { outcome: 'applied', changes: [{ path: 'name', before: 'a', after: 'b' }], problems: [] }
  const { supervisor } = gateway.controls
  gateway.controls.supervisor = { ...supervisor, reload: async () => 1, reloadReport: async () => report }
  await gateway.start()
  gateway.observe({ type: 'log', level: 'info', line: 'a line' } as never)
})
afterAll(() => gateway.stop())

describe('the OpenAPI document', () => {
  test('is what paths.ts and answers.ts say; after a change run `npm run schema`', async () => {
    const written = readFileSync(new URL('../../../actors/inspector/openapi/openapi.json', import.meta.url), 'utf8')
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
    expect(JSON.parse((await answer('/openapi.json')).body)).toEqual(JSON.parse(written))
  })

  test('has every path there is', async () => {
    const { paths } = JSON.parse((await answer('/nowhere')).body) as { readonly paths: readonly string[] }
    const { orders } = JSON.parse((await answer('/access')).body) as { readonly orders: readonly string[] }
    const told = new Set([...paths.filter((path) => path !== '/'), ...orders])
    expect([...told].sort()).toEqual(operations.map(([path]) => path).sort())
  })

  test.each(operations)('is right about %s, under /v1 and without', async (path, { method, answer: schema }) => {
    for (const prefix of ['', '/v1']) {
      const { status, body } = await answer(`${prefix}${path}${QUERIES[path] ?? ''}`, method.toUpperCase())
      expect([status, body.length > 0]).toEqual([200, true])
      if (schema !== null) expect(schema.safeParse(JSON.parse(body)).error?.issues ?? []).toEqual([])
    }
  })
})

describe('an error has a code', () => {
  test.each([
    ['/nowhere', 'GET', 404, 'no-such-path'],
    ['/v1/nowhere', 'GET', 404, 'no-such-path'],
    ['/v1/which?client=fred', 'GET', 400, 'bad-request'],
    ['/v1/drain?node=fred', 'POST', 409, 'refused'],
    ['/assign?client=fred&node=10.0.0.2', 'POST', 400, 'bad-request'],
    ['/assign?client=10.1.0.1&node=fred', 'POST', 409, 'refused'],
    ['/drain?node=fred', 'GET', 405, 'wrong-method'],
    ['/status', 'POST', 405, 'wrong-method'],
  ])('%s by %s: %i, %s', async (path, method, status, code) => {
    const said = await answer(path, method)
    expect([said.status, error.parse(JSON.parse(said.body)).code]).toEqual([status, code])
  })
})
