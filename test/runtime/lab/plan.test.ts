import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  addressesFrom,
  clientIps,
  gateways,
  labGroup,
  labTopology,
  proberIp,
  virtualIp,
} from '../../../runtime/lab/plan.ts'
import { gatewayYaml } from '../../../runtime/lab/testbed/gateway.ts'

describe('the lab as planned', () => {
  it('has three gateways with the priorities 99, 89 and 79', () => {
    expect(gateways.map(({ priority }) => priority)).toEqual([99, 89, 79])
  })

  it('has 200 clients', () => {
    expect(new Set(clientIps).size).toBe(200)
  })

  it('gives no address twice, and the VIP to nobody', () => {
    const addresses = Object.values(labTopology.hosts).flat()
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(addresses).toContain(proberIp)
    expect(addresses).not.toContain(virtualIp)
  })

  it('counts addresses over the end of a byte', () => {
    expect(addressesFrom('10.0.0.254', 3)).toEqual(['10.0.0.254', '10.0.0.255', '10.0.1.0'])
  })

  it('refuses a first address that is none', () => {
    expect(() => addressesFrom('10.0.0', 1)).toThrow('10.0.0 is not an IPv4 address')
  })

  it('writes a gateway file that YAML reads as meant', () => {
    const [jupiter] = gateways
    if (!jupiter) throw new Error('no gateway is planned')
    expect(parse(gatewayYaml(jupiter, labGroup, '/run/j.sock'))).toMatchObject({
      name: 'jupiter',
      interface: 'eth0',
      managementIp: '10.10.74.70',
      directorPriority: 99,
      virtualIps: ['10.10.74.74/16'],
      redirects: [{ protocol: 'http', originalPorts: [8080], proxyPort: 3128 }],
      control: { socket: '/run/j.sock' },
    })
  })
})
