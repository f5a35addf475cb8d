import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../../namespaces.ts'

const FIXTURE = new URL('../fixtures/nft-session.ts', import.meta.url)

describeInNamespaces('nft', { programs: ['nft'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  test('a script is applied as a whole or not at all, checking applies nothing, what is not there is undefined, every transaction moves the generation', async () => {
    expect(await namespaces.create().runScript(FIXTURE)).toEqual({
      before: null,
      checked: { ok: true },
      afterCheck: null,
      applied: { ok: true },
      halfWrong: { ok: false, code: 'EREJECTED', reason: expect.any(String) },
      after: expect.stringMatching(/table netdev proxyha \{\s+set ports \{[^}]*elements = \{ 80, 9090 \}/),
      outline: expect.not.stringContaining('9090'),
      map: { nftables: [expect.anything(), { map: expect.objectContaining({ name: 'slots', elem: [[1, 2]] }) }] },
      noMap: null,
      tells: { unmoved: true, moved: true },
    })
  })
})
