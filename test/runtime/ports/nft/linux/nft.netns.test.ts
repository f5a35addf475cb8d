import { afterAll, expect, test } from 'vitest'
import { describeInNamespaces } from '../../../../namespaces.ts'

const FIXTURE = new URL('../../fixtures/nft-session.ts', import.meta.url)

describeInNamespaces('nft', { programs: ['nft'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  test('a script is applied as a whole or not at all, checking applies nothing, every transaction moves the generation; the kernel tells elements, shapes, and what a table consists of', async () => {
    expect(await namespaces.create().runScript(FIXTURE)).toEqual({
      before: null,
      checked: { ok: true },
      afterCheck: null,
      applied: { ok: true },
      halfWrong: { ok: false, code: 'EREJECTED', reason: expect.any(String) },
      outline: {
        digest: expect.any(String),
        sets: [
          { kind: 'set', name: 'ports' },
          { kind: 'map', name: 'slots' },
        ],
        chains: [],
      },
      there: { slots: [[1, 2]], pins: 'ENOENT' },
      single: [2, null, null],
      shape: [
        { ok: true, value: { keyBytes: 4, dataBytes: 4, most: 0, byPackets: false } },
        expect.objectContaining({ ok: false, code: 'ENOENT' }),
      ],
      tells: { unmoved: true, moved: true, elementsAreNone: true, chainsAre: true },
    })
  })
})
