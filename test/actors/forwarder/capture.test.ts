import { describe, expect, it } from 'vitest'
import { captureScript, removeCaptureScript } from '../../../actors/forwarder/capture.ts'

describe('the capture script', () => {
  it('rewrites both ways in a table of its own, which it replaces in one transaction', () => {
    const captures = [
      { address: '10.77.0.10', originalPort: 9090, listenPort: 29000 },
      { address: '10.77.0.10', originalPort: 2121, listenPort: 29001 },
    ]
    expect(captureScript(captures)).toBe(`add table ip proxyha
delete table ip proxyha
add table ip6 proxyha
delete table ip6 proxyha
table ip proxyha {
  chain capture {
    type filter hook prerouting priority raw; policy accept;
    ip daddr 10.77.0.10 tcp dport 9090 notrack tcp dport set 29000
    ip saddr 10.77.0.10 tcp sport 9090 notrack
    ip daddr 10.77.0.10 tcp dport 2121 notrack tcp dport set 29001
    ip saddr 10.77.0.10 tcp sport 2121 notrack
  }
  chain restore {
    type filter hook output priority raw; policy accept;
    ip saddr 10.77.0.10 tcp sport 29000 notrack tcp sport set 9090
    ip daddr 10.77.0.10 tcp dport 9090 notrack
    ip saddr 10.77.0.10 tcp sport 29001 notrack tcp sport set 2121
    ip daddr 10.77.0.10 tcp dport 2121 notrack
  }
}
`)
  })

  it('has a rule for each port, not for each address: every packet is tried by all of them', () => {
    const captures = ['10.77.0.10', '10.77.0.11', '10.77.0.12'].map((address) => ({
      address,
      originalPort: 9090,
      listenPort: 29000,
    }))
    const rules = captureScript(captures)
      .split('\n')
      .filter((line) => line.includes('notrack'))
    expect(rules).toHaveLength(4)
    expect(rules[0]).toBe(
      '    ip daddr { 10.77.0.10, 10.77.0.11, 10.77.0.12 } tcp dport 9090 notrack tcp dport set 29000',
    )
  })

  it('has a table of the other family for IPv6', () => {
    const script = captureScript([{ address: '2001:db8::10', originalPort: 80, listenPort: 29000 }])
    expect(script).toContain('table ip6 proxyha {')
    expect(script).toContain('ip6 daddr 2001:db8::10 tcp dport 80 notrack tcp dport set 29000')
    expect(script).not.toContain('table ip proxyha {')
  })

  it('without captures only removes what there was', () => {
    expect(captureScript([])).toBe(removeCaptureScript())
  })
})
