import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../config/load.ts'
import { type HostFacts, resolveConfig } from '../../config/resolve.ts'
import type { GatewayFile } from '../../config/schema.ts'

const REDIRECTS = 'redirects: [{originalPorts: [8080], proxyPort: 3128}]\n'

function fileOf(yaml: string): GatewayFile {
  const read = parseConfig(`${yaml}\n${REDIRECTS}`)
  if (!read.ok) throw new Error(read.problems.join('\n'))
  return read.value
}

const host = (...addresses: readonly string[]): HostFacts => ({
  hostname: 'jupiter',
  cores: 4,
  interfaceAddresses: addresses.map((written) => {
    const [address = '', prefix] = written.split('/')
    return { family: address.includes(':') ? 6 : 4, address, prefixLength: Number(prefix), validLifetimeS: null }
  }),
})

const problemsOf = (yaml: string, facts: HostFacts) => {
  const resolved = resolveConfig(fileOf(yaml), facts)
  return resolved.ok ? [] : resolved.problems
}

describe('what the host adds', () => {
  test('name, managementIp, prefix and forwarders come from the host', () => {
    const resolved = resolveConfig(fileOf('virtualIps: [10.0.0.5]'), host('fe80::1/64', '10.0.0.1/24'))
    expect(resolved).toMatchObject({
      ok: true,
      value: {
        name: 'jupiter',
        managementIp: '10.0.0.1',
        managementPrefixLength: 24,
        virtualIps: [{ address: '10.0.0.5', prefixLength: 24 }],
        forwarders: { count: 4 },
        cluster: { keys: [] },
        instances: [{ name: 'VI_51', family: 'ipv4', virtualRouterId: 51, vrrp: { advertIntervalCs: 100 } }],
        limits: { connections: 65_536, connectionsPerClient: 65_536 },
      },
    })
  })

  test.each([
    ['gw_1.example', 'gw_1.example'],
    ['\u202egw\u0007 1', 'gw-1'],
    ['x'.repeat(64), 'x'.repeat(63)],
    ['\u00fc', '10.0.0.1'],
  ])('the hostname %j is the name %j, which every node takes', (hostname, name) => {
    const resolved = resolveConfig(fileOf('virtualIps: [10.0.0.5]'), { ...host('10.0.0.1/24'), hostname })
    expect(resolved).toMatchObject({ ok: true, value: { name } })
  })

  test('IPv6: the family, the link-local address that is nobody else’s, /128 unless told otherwise', () => {
    const yaml = 'virtualIps: ["2001:db8::5", "2001:db8::6/64", "fe80::9"]\nvrrp: {version: 3}'
    expect(
      resolveConfig(fileOf(yaml), host('10.0.0.1/24', '2001:db8::1/64', 'fe80::9/64', 'fe80::1/64')),
    ).toMatchObject({
      value: {
        instances: [{ name: 'VI_51', family: 'ipv6', virtualRouterId: 51 }],
        managementIp: '10.0.0.1',
        linkLocalAddress: 'fe80::1',
        virtualIps: [
          { address: '2001:db8::5', prefixLength: 128 },
          { address: '2001:db8::6', prefixLength: 64 },
          { address: 'fe80::9', prefixLength: 128 },
        ],
      },
    })
    expect(problemsOf(yaml, host('10.0.0.1/24', '2001:db8::1/64'))).toEqual([
      'interface: eth0 has no IPv6 link-local address, which adverts of IPv6 are sent from; is IPv6 disabled there?',
    ])
  })

  test.each([
    ['virtualIps: [10.0.0.5, 10.0.0.6]', 48, null],
    [
      'virtualIps: [10.0.0.5, 10.0.0.6]',
      43,
      'virtualIps: has 2 addresses, which make an advert of 44 bytes, and eth0 carries 43',
    ],
    ['virtualIps: ["2001:db8::5", "2001:db8::6"]\nvrrp: {version: 3}', 80, null],
    [
      'virtualIps: ["2001:db8::5", "2001:db8::6"]\nvrrp: {version: 3}',
      79,
      'virtualIps: has 2 addresses, which make an advert of 80 bytes, and eth0 carries 79',
    ],
  ])('an advert must fit the MTU of the interface: %s and %i', (yaml, mtu, problem) => {
    const facts = { ...host('10.0.0.1/24', 'fe80::1/64'), mtu }
    expect(problemsOf(yaml, facts)).toEqual(problem === null ? [] : [expect.stringContaining(problem)])
  })

  test('90 addresses of IPv6 and 255 of IPv4 fit an Ethernet', () => {
    const listOf = (count: number, of: (index: number) => string) =>
      `virtualIps: [${Array.from({ length: count }, (_, index) => `"${of(index + 1)}"`)}]\nvrrp: {version: 3}`
    const facts = { ...host('10.0.0.1/8', 'fe80::1/64'), mtu: 1500 }
    expect(
      problemsOf(
        listOf(90, (index) => `2001:db8::1:${index}`),
        facts,
      ),
    ).toEqual([])
    expect(
      problemsOf(
        listOf(255, (index) => `10.0.1.${index}`),
        facts,
      ),
    ).toEqual([])
  })

  test('IPv4 needs no link-local address', () => {
    const resolved = resolveConfig(fileOf('virtualIps: [10.0.0.5]'), host('10.0.0.1/24'))
    expect(resolved).toMatchObject({ value: { instances: [{ family: 'ipv4' }], linkLocalAddress: null } })
  })

  test('a unicast peer that is this node itself is named', () => {
    expect(
      problemsOf('virtualIps: [10.0.0.5]\nvrrp: {unicastPeers: [10.0.0.2, 10.0.0.1]}', host('10.0.0.1/24')),
    ).toEqual(["vrrp.unicastPeers[1]: 10.0.0.1 is this node's own address; list the other nodes only"])
  })

  test('an instance has the vrrp of all but for what it sets itself; virtualIps are those of all instances', () => {
    const yaml = `vrrp: {version: 3, advertInterval: 100ms, preempt: false, unicastPeers: [10.0.0.2]}
instances:
  - {virtualRouterId: 5, directorPriority: 99, virtualIps: [10.0.0.5]}
  - {name: web, virtualRouterId: 6, virtualIps: [10.0.0.6/32], vrrp: {advertInterval: 1s, preempt: true, unicastPeers: []}}`
    expect(resolveConfig(fileOf(yaml), host('10.0.0.5/24', '10.0.0.1/24'))).toMatchObject({
      ok: true,
      value: {
        managementIp: '10.0.0.1',
        virtualIps: [
          { address: '10.0.0.5', prefixLength: 24 },
          { address: '10.0.0.6', prefixLength: 32 },
        ],
        instances: [
          {
            name: 'VI_5',
            directorPriority: 99,
            virtualIps: [{ address: '10.0.0.5', prefixLength: 24 }],
            vrrp: { version: 3, advertIntervalCs: 10, preempt: false, unicastPeers: ['10.0.0.2'] },
          },
          {
            name: 'web',
            virtualRouterId: 6,
            directorPriority: 100,
            virtualIps: [{ address: '10.0.0.6', prefixLength: 32 }],
            vrrp: { version: 3, advertIntervalCs: 100, preempt: true, unicastPeers: [] },
          },
        ],
      },
    })
  })

  test('instances of both families, also of one VRID, by names of their own', () => {
    const yaml = `vrrp: {version: 3}
instances:
  - {name: v4, virtualRouterId: 5, virtualIps: [10.0.0.5]}
  - {name: v6, virtualRouterId: 5, virtualIps: ["2001:db8::5"]}`
    expect(resolveConfig(fileOf(yaml), host('10.0.0.1/24', 'fe80::1/64'))).toMatchObject({
      value: {
        linkLocalAddress: 'fe80::1',
        instances: [
          { name: 'v4', family: 'ipv4', virtualIps: [{ prefixLength: 24 }] },
          { name: 'v6', family: 'ipv6', virtualIps: [{ prefixLength: 128 }] },
        ],
      },
    })
  })

  test('gratuitous ARP: repetitions rise and differ, a refresh of 0s is none', () => {
    const resolve = (garp: string) =>
      resolveConfig(fileOf(`virtualIps: [10.0.0.5]\ngarp: ${garp}`), host('10.0.0.1/24'))
    expect(resolve('{count: 2, repeatAfter: [3s, 500ms, 3s]}')).toMatchObject({
      value: { garp: { burstCount: 2, repeatAfterMs: [500, 3000], refreshIntervalMs: null } },
    })
    expect(resolve('{repeatAfter: [], refresh: 60s}')).toMatchObject({
      value: { garp: { burstCount: 5, repeatAfterMs: [], refreshIntervalMs: 60_000 } },
    })
  })

  test('a virtual IP that a crash has left behind is not taken for the managementIp', () => {
    const resolved = resolveConfig(fileOf('virtualIps: [10.0.0.5]'), host('10.0.0.5/32', '10.0.0.1/24'))
    expect(resolved).toMatchObject({ ok: true, value: { managementIp: '10.0.0.1' } })
  })

  test('the subnet is that of the address which the virtual IP lies in', () => {
    const resolved = resolveConfig(fileOf('virtualIps: [10.9.0.5]'), host('10.0.0.1/24', '10.9.0.1/16'))
    expect(resolved).toMatchObject({ ok: true, value: { virtualIps: [{ prefixLength: 16 }] } })
  })

  test('a virtual IP outside the subnet is taken with its prefix', () => {
    expect(problemsOf('virtualIps: [192.168.7.5/32]', host('10.0.0.1/24'))).toEqual([])
  })
})

describe('what the host refuses', () => {
  test('a virtual IP outside the subnet without a prefix', () => {
    expect(problemsOf('virtualIps: [10.0.0.5, 192.168.7.5]', host('10.0.0.1/24'))).toEqual([
      'virtualIps[1]: 192.168.7.5 is outside the subnet of eth0 (10.0.0.0/24); correct it, or give its prefix: 192.168.7.5/32',
    ])
  })

  test('a virtual IP that is the network or broadcast address of the subnet', () => {
    expect(problemsOf('virtualIps: [10.0.0.0, 10.0.0.255]', host('10.0.0.1/24'))).toEqual([
      'virtualIps[0]: 10.0.0.0 is the network address of 10.0.0.0/24; choose a host address',
      'virtualIps[1]: 10.0.0.255 is the broadcast address of 10.0.0.0/24; choose a host address',
    ])
  })

  test('a managementIp that is not on the interface', () => {
    expect(problemsOf('managementIp: 10.0.0.9\nvirtualIps: [10.0.0.5]', host('10.0.0.1/24', '10.0.0.2/24'))).toEqual([
      'managementIp: 10.0.0.9 is not an address of eth0; it has 10.0.0.1, 10.0.0.2',
    ])
  })

  test('an interface without an address of its own', () => {
    expect(problemsOf('virtualIps: [10.0.0.5/24]', host('10.0.0.5/24'))).toEqual([
      'interface: eth0 has no IPv4 address besides the virtual IPs; give it one, or name another interface',
    ])
  })

  test('priority 255 on a node that does not own every virtual IP', () => {
    const yaml = 'directorPriority: 255\nvirtualIps: [10.0.0.5/24, 10.0.0.6/24]'
    expect(problemsOf(yaml, host('10.0.0.1/24', '10.0.0.5/24'))).toEqual([
      'directorPriority: must be 1..254, is 255: that is for the owner of the virtual IPs, and 10.0.0.6 is not on eth0',
    ])
    expect(problemsOf(yaml, host('10.0.0.1/24', '10.0.0.5/24', '10.0.0.6/24'))).toEqual([])
  })

  test.each([
    ['advertInterval: 100ms', 300],
    ['advertInterval: 2s', 600],
    ['advertInterval: 2s, longestInterval: 2500ms', 250],
  ])('with %s intervals are learned up to %i centiseconds', (written, longestLearnedCs) => {
    const yaml = `vrrp: {version: 3, ${written}}\nvirtualIps: [10.0.0.5]`
    expect(resolveConfig(fileOf(yaml), host('10.0.0.1/24'))).toMatchObject({
      ok: true,
      value: { instances: [{ vrrp: { longestLearnedCs } }] },
    })
  })

  test('what the host contradicts in an instance is named by its place', () => {
    const yaml = `vrrp: {unicastPeers: [10.0.0.1]}
instances:
  - {virtualRouterId: 5, directorPriority: 255, virtualIps: [10.9.0.5], vrrp: {unicastPeers: []}}
  - {virtualRouterId: 6, virtualIps: [10.0.0.6]}`
    expect(problemsOf(yaml, host('10.0.0.1/24'))).toEqual([
      'instances[0].directorPriority: must be 1..254, is 255: that is for the owner of the virtual IPs, and 10.9.0.5 is not on eth0',
      'instances[0].virtualIps[0]: 10.9.0.5 is outside the subnet of eth0 (10.0.0.0/24); correct it, or give its prefix: 10.9.0.5/32',
      "vrrp.unicastPeers[0]: 10.0.0.1 is this node's own address; list the other nodes only",
    ])
  })

  test('several of these at once', () => {
    const yaml = 'directorPriority: 255\nmanagementIp: 10.0.0.9\nvirtualIps: [172.16.0.1]'
    expect(problemsOf(yaml, host('10.0.0.1/24'))).toHaveLength(3)
  })
})
