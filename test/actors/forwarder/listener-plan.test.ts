import { describe, expect, it } from 'vitest'
import { planListeners } from '../../../actors/forwarder/listener-plan.ts'

const redirect = (originalPorts: number[], proxyPort: number) => ({
  originalPorts,
  proxyPort,
  proxyProtocol: 'off' as const,
})

describe('where the forwarders listen', () => {
  it('binds an original port on each virtual IP', () => {
    const plan = planListeners(['10.0.0.5', '10.0.0.6'], [redirect([80, 8080], 3128)], new Set())
    expect(plan.captures).toEqual([])
    expect(plan.listeners.map(({ address, port, nodePort }) => `${address}:${port}->${nodePort}`)).toEqual([
      '10.0.0.5:80->3128',
      '10.0.0.5:8080->3128',
      '10.0.0.6:80->3128',
      '10.0.0.6:8080->3128',
    ])
  })

  it('captures a redirect that keeps its port, since the proxy owns it on the wildcard address', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([9090], 9090)], new Set())
    expect(plan.captures).toEqual([{ address: '10.0.0.5', originalPort: 9090, listenPort: 29_000 }])
    expect(plan.listeners[0]).toMatchObject({ port: 29_000, nodePort: 9090 })
  })

  it('captures the proxy port of another redirect', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([3128], 9090), redirect([80], 3128)], new Set())
    expect(plan.captures).toMatchObject([{ originalPort: 3128 }])
  })

  it('captures a port on which the host itself listens', () => {
    const plan = planListeners(['10.0.0.5'], [redirect([80], 3128)], new Set([80]))
    expect(plan.captures).toEqual([{ address: '10.0.0.5', originalPort: 80, listenPort: 29_000 }])
  })

  it('never takes a capture port that is used otherwise, and uses one port for all virtual IPs', () => {
    const plan = planListeners(
      ['10.0.0.5', '10.0.0.6'],
      [redirect([9090, 29_000], 9090), redirect([80], 29_001)],
      new Set([29_002]),
    )
    expect(plan.captures).toEqual([
      { address: '10.0.0.5', originalPort: 9090, listenPort: 29_003 },
      { address: '10.0.0.6', originalPort: 9090, listenPort: 29_003 },
    ])
  })
})
