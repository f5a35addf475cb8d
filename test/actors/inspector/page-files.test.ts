import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PageFiles } from '../../../actors/inspector/page-files.ts'
import { ask, freePort, InspectedGateway } from './gateway-fixture.ts'

const FOLDER = new URL('../../../actors/inspector/page/', import.meta.url)
const page = new PageFiles()
const text = (path: string) => String(page.answer(path, undefined)?.body)

describe('the files of the page', () => {
  test('are all that any of them loads, and nothing of elsewhere', () => {
    const html = text('/')
    const loaded = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)]
      .map(([, path]) => path)
      .filter((path) => path !== 'data:,')
    expect(loaded).toEqual(['page/uplot.css', 'page/page.css', 'page/main.js'])
    for (const path of loaded) expect(page.paths).toContain(`/${path}`)
    const modules = readdirSync(FOLDER).filter((name) => name.endsWith('.js'))
    expect(modules.length).toBeGreaterThan(15)
    for (const name of modules) {
      const imported = [...text(`/page/${name}`).matchAll(/^import .* from '([^']+)'/gm)].map(([, path]) => path)
      for (const path of imported) expect(page.paths).toContain(path!.replace(/^\.\//, '/page/'))
    }
  })

  test('have no script, style or handler in the markup, and make no markup of what others say', () => {
    expect(text('/')).not.toMatch(/<style| style=| on[a-z]+=|<script(?! type="module" src="page\/main\.js"><\/script>)/)
    for (const name of readdirSync(FOLDER)) {
      expect(readFileSync(new URL(name, FOLDER), 'utf8')).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
      )
    }
  })

  test('have their types, and a policy that lets nothing else run or load', () => {
    expect(page.answer('/', undefined)?.type).toBe('text/html; charset=utf-8')
    expect(page.answer('/page/main.js', undefined)?.type).toBe('text/javascript; charset=utf-8')
    expect(page.answer('/page/uplot.js', undefined)?.type).toBe('text/javascript; charset=utf-8')
    expect(page.answer('/page/page.css', undefined)?.type).toBe('text/css; charset=utf-8')
    const policy = page.answer('/', undefined)?.headers?.['content-security-policy']
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;/,
    )
    expect(policy).not.toContain('unsafe')
  })

  test('are those that the browser loads, and no others of the folder or above it', () => {
    for (const path of ['/page/uplot.d.ts', '/page/', '/page/../actor.ts', '/page/index.html', '/?x', '//', '']) {
      expect(page.answer(path, undefined)).toBeUndefined()
    }
  })
})

describe('GET / and /page/', () => {
  let gateway: InspectedGateway

  beforeEach(() => {
    gateway = new InspectedGateway()
  })
  afterEach(() => gateway.close())

  const startWithToken = async (): Promise<number> => {
    const port = await freePort()
    const tokens = [{ role: 'viewer', token: 'a-token-of-many-letters' }] as const
    await gateway.start({ inspector: { address: '127.0.0.1', port, tokens } }, port)
    return port
  }

  test('are also for those who have yet to say the token; what the page asks for is not', async () => {
    const port = await startWithToken()
    expect(await ask(port, '/')).toMatchObject({ status: 200, body: text('/') })
    expect(await ask(port, '/page/main.js', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    for (const path of ['/status', '/access', '/events?follow=0', '/?x', '//']) {
      expect((await ask(port, path)).status).toBe(401)
    }
    expect((await ask(port, '/', { method: 'POST' })).status).toBe(401)
  })

  test('are sent once: who has a file is told that it is the same', async () => {
    await gateway.start()
    const { headers } = await ask(gateway.port, '/page/page.css')
    expect(headers['cache-control']).toBe('no-cache')
    const again = await ask(gateway.port, '/page/page.css', { headers: { 'if-none-match': headers.etag! } })
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', headers.etag])
    expect((await ask(gateway.port, '/page/page.css', { headers: { 'if-none-match': '"another"' } })).status).toBe(200)
  })

  test('are not for a foreign Host', async () => {
    await gateway.start()
    expect((await ask(gateway.port, '/', { headers: { host: 'evil.example' } })).status).toBe(403)
  })
})
