import { expect, test } from 'vitest'
import { probeKernelMode } from '../../../../actors/fast-path/kernel/support.ts'
import { done, type Result, refused } from '../../../../runtime/ports/result.ts'
import { FakeNft } from '../../../fakes/nft.ts'

const MAC = '02:00:00:00:00:01'
const RULESET = {
  interfaceName: 'eth0',
  mac: MAC,
  managementIp: '10.0.0.1',
  virtualIps: [{ address: '10.0.0.5', role: 'director' as const }],
  redirects: [{ originalPorts: [80], proxyPort: 3128 }],
  nodes: [{ mark: 1, mac: MAC, self: true, takesNew: true, reachable: true }],
  slots: new Uint8Array(4096).fill(1),
  pins: [],
  pinTimeoutS: 600,
  tableSize: 1024,
}

/** A kernel that takes no script with one of these in it. */
class LackingNft extends FakeNft {
  readonly #lacks: readonly string[]

  constructor(...lacks: readonly string[]) {
    super()
    this.#lacks = lacks
  }

  override async check(script: string): Promise<Result> {
    this.checked.push(script)
    return this.#lacks.some((lack) => script.includes(lack)) ? refused('EREJECTED', 'Operation not supported') : done
  }
}

test('a kernel that takes the ruleset supports kernel mode; nothing was applied to find out', async () => {
  const nft = new FakeNft()
  expect(await probeKernelMode(nft, RULESET)).toEqual(done)
  expect(nft.scripts).toEqual([])
  expect(nft.checked[0]).toContain('table netdev proxyha {')
})

test.each([
  ['hook ingress', /takes no netdev ingress chain.*Operation not supported.*CONFIG_NETFILTER_INGRESS/],
  ['hook egress', /takes no netdev egress chain.*Operation not supported.*Linux 5\.16/],
  ['jhash', /does not take the ruleset.*Operation not supported/],
])('without "%s" the refusal names what is lacking', async (lack, reason) => {
  expect(await probeKernelMode(new LackingNft(lack), RULESET)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(reason),
  })
})

test.each(['ENOENT', 'EPERM', 'ETIMEDOUT'])('%s is passed on as it is: nothing more is asked', async (code) => {
  const nft = new FakeNft()
  nft.refuse(refused(code, 'why'))
  expect(await probeKernelMode(nft, RULESET)).toEqual(refused(code, 'why'))
  expect(nft.checked).toHaveLength(1)
})
