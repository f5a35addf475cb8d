import { describe, expect, it } from 'vitest'
import { planListeners, refusedListeners } from '../../../actors/forwarder/listener-plan.ts'

const redirect = (originalPorts: number[], proxyPort: number, proxyProtocol: 'off' | 'v2' = 'off') => ({
  protocol: 'tcp',
  originalPorts,
  proxyPort,
  proxyProtocol,
})
const written = (plan: ReturnType<typeof planListeners>) =>
  plan.map(({ address, originalPort, port, nodePort }) => `${address} ${originalPort} at ${port} -> ${nodePort}`)

describe('where the forwarders listen', () => {
  it('binds an original port on each virtual IP', () => {
    const plan = planListeners(['10.0.0.5', '10.0.0.6'], [redirect([80, 8080], 3128)], new Set())
    expect(written(plan)).toEqual([
      '10.0.0.5 80 at 80 -> 3128',
      '10.0.0.5 8080 at 8080 -> 3128',
      '10.0.0.6 80 at 80 -> 3128',
      '10.0.0.6 8080 at 8080 -> 3128',
    ])
  })

  it('captures a redirect that keeps its port, since the proxy owns it on the wildcard address', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([9090], 9090)], new Set())
    expect(written(plan)).toEqual(['10.0.0.5 9090 at 29000 -> 9090'])
  })

  it('captures the proxy port of another redirect', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([3128], 9090), redirect([80], 3128)], new Set())
    expect(written(plan)).toEqual(['10.0.0.5 3128 at 29000 -> 9090', '10.0.0.5 80 at 80 -> 3128'])
  })

  it('captures a port on which the host itself listens', () => {
    expect(written(planListeners(['10.0.0.5'], [redirect([80], 3128)], new Set([80])))).toEqual([
      '10.0.0.5 80 at 29000 -> 3128',
    ])
  })

  it('never takes a capture port that is used otherwise, and uses one port for all virtual IPs', () => {
    const redirects = [redirect([9090, 29_000], 9090), redirect([80], 29_001)]
    const plan = planListeners(['10.0.0.5', '10.0.0.6'], redirects, new Set([29_002]))
    expect(written(plan).filter((line) => line.includes(' 9090 at '))).toEqual([
      '10.0.0.5 9090 at 29003 -> 9090',
      '10.0.0.6 9090 at 29003 -> 9090',
    ])
  })

  it('tells each listener the PROXY protocol of its redirect', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([80], 3128), redirect([81], 3129, 'v2')], new Set())
    expect(plan.map(({ redirectIndex, proxyProtocol }) => [redirectIndex, proxyProtocol])).toEqual([
      [0, null],
      [1, 'v2'],
    ])
  })

  it('knows where the client speaks first, and assumes nothing of other protocols', () => {
    const redirects = ['http', 'socks5', 'ftp', 'tcp'].map((protocol, at) => ({
      ...redirect([80 + at], 3128),
      protocol,
    }))
    const plan = planListeners(['10.0.0.5'], redirects, new Set())
    expect(plan.map(({ clientSpeaksFirst }) => clientSpeaksFirst)).toEqual([true, true, false, false])
  })
})

describe('while it runs', () => {
  const wildcard = redirect([9090], 9090)
  const before = planListeners(['10.0.0.5'], [wildcard, redirect([80], 3128)], new Set())

  it('an original port stays where it is listened for, whatever comes before it in the file', () => {
    const plan = planListeners(
      ['10.0.0.5'],
      [redirect([9091], 9091), wildcard, redirect([80], 3128)],
      new Set(),
      before,
    )
    expect(written(plan)).toEqual([
      '10.0.0.5 9091 at 29001 -> 9091',
      '10.0.0.5 9090 at 29000 -> 9090',
      '10.0.0.5 80 at 80 -> 3128',
    ])
  })

  it('also where nobody owns it any more, or somebody does', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([9090, 80], 3128)], new Set([80]), before)
    expect(written(plan)).toEqual(['10.0.0.5 9090 at 29000 -> 3128', '10.0.0.5 80 at 80 -> 3128'])
  })

  it('on a virtual IP that is added as on the others', () => {
    const plan = planListeners(['10.0.0.5', '10.0.0.6'], [wildcard], new Set(), before)
    expect(written(plan)).toEqual(['10.0.0.5 9090 at 29000 -> 9090', '10.0.0.6 9090 at 29000 -> 9090'])
  })

  it.each([
    [
      'a port that the forwarders listen on themselves',
      [redirect([29_000], 3128)],
      /^redirects: port 29000 is what .* 9090/,
    ],
    ['the same as a proxy port', [redirect([80], 29_000)], /^redirects: port 29000/],
    [
      'a proxy on a port that they are bound to',
      [redirect([80], 80)],
      /^redirects: port 80 is bound by the forwarders/,
    ],
  ])('%s is refused', (_what, redirects, problem) => {
    expect(refusedListeners(before, [wildcard, ...redirects])).toMatch(problem)
  })

  it('all else is not', () => {
    expect(refusedListeners(before, [wildcard, redirect([80, 81], 3128)])).toBeNull()
    expect(refusedListeners(before, [redirect([81], 80)])).toBeNull()
  })
})
