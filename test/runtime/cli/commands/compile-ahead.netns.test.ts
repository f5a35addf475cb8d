import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../../namespaces.ts'
import { Group, until } from '../../../scenarios/group.ts'

describeInNamespaces('the first start after an installation', {}, (namespaces) => {
  const cache = mkdtempSync(join(tmpdir(), 'proxyha-cache-'))
  let group: Group | undefined
  afterAll(async () => {
    await namespaces.close()
    group?.close()
    rmSync(cache, { recursive: true })
  })

  it('finds the types of all that its threads load stripped already', { timeout: 60_000 }, async () => {
    group = new Group(namespaces, { priorities: [99] })
    const [node] = group.nodes
    process.env.NODE_COMPILE_CACHE = cache
    expect(await node!.proxyha('compile-ahead')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const compiled = new Set(readdirSync(cache, { recursive: true }).map((path) => join(cache, `${path}`)))

    process.env.NODE_DEBUG_NATIVE = 'COMPILE_CACHE'
    node!.startGateway()
    let said = ''
    node!.gateway!.process.stderr!.on('data', (text: string) => {
      said += text
    })
    await until(async () => (await node!.status())?.role === 'director', 30_000, 'the director')
    await node!.stopGateway()

    const looks = [...said.matchAll(/reading cache from (\S+) for \S+ (\S+\.ts)\.\.\./g)]
    expect(looks.length).toBeGreaterThan(300)
    expect(looks.filter(([, path]) => !compiled.has(path!)).map(([, , module]) => module)).toEqual([])
  })
})
