import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../../namespaces.ts'

const FIXTURE = new URL('../fixtures/nft-session.ts', import.meta.url)

describeInNamespaces('nft', { programs: ['nft'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  test('a script is applied as a whole or not at all, and a table that is not there is undefined', async () => {
    expect(await namespaces.create().runScript(FIXTURE)).toEqual({
      before: null,
      applied: { ok: true },
      halfWrong: { ok: false, code: 'EREJECTED', reason: expect.any(String) },
      after: expect.stringMatching(/table netdev proxyha \{\s+set ports \{[^}]*elements = \{ 80, 9090 \}/),
    })
  })
})
