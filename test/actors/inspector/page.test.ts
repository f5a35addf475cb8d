import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPage } from '../../../actors/inspector/page.ts'
import { ask, freePort, InspectedGateway } from './gateway-fixture.ts'

const { body, headers, type } = createPage()
const partOf = (element: string) => new RegExp(`<${element}>(.*)</${element}>`, 's').exec(body)![1]!

describe('the page', () => {
  test('is one file that runs and loads nothing but what is in it', () => {
    expect(type).toBe('text/html; charset=utf-8')
    const policy = headers!['content-security-policy']!
    for (const element of ['script', 'style']) {
      const hash = createHash('sha256').update(partOf(element)).digest('base64')
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`)
      expect(body.match(new RegExp(`<${element}`, 'g'))).toHaveLength(1)
    }
    expect(policy).toContain("default-src 'none'")
    expect(body).not.toMatch(/https?:| src=| href=| style=| on[a-z]+=/)
  })

  test('has a script that compiles, and makes no markup of what others say', () => {
    expect(() => new Script(partOf('script'))).not.toThrow()
    expect(partOf('script')).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
  })
})

describe('GET /', () => {
  let gateway: InspectedGateway

  beforeEach(() => {
    gateway = new InspectedGateway()
  })
  afterEach(() => gateway.close())

  test('is the page, also for those who have yet to say the token; what it asks for is not', async () => {
    const port = await freePort()
    await gateway.start(
      { inspector: { address: '127.0.0.1', port, tokens: [{ role: 'viewer', token: 'a-token-of-many-letters' }] } },
      port,
    )
    expect(await ask(port, '/')).toMatchObject({ status: 200, body, headers: { 'cache-control': 'no-store' } })
    for (const path of ['/status', '/events?follow=0', '/?x', '//']) expect((await ask(port, path)).status).toBe(401)
  })

  test('is not for a foreign Host', async () => {
    await gateway.start()
    expect((await ask(gateway.port, '/', { headers: { host: 'evil.example' } })).status).toBe(403)
  })
})
