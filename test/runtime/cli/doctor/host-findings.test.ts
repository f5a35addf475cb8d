import { describe, expect, test } from 'vitest'
import { hostFindings } from '../../../../runtime/cli/doctor/host-findings.ts'
import type { HostView, NetworkView } from '../../../../runtime/ports/host/host-view.ts'
import { healthyHost } from '../captured-cli.ts'

const ofNetwork = (change: Partial<NetworkView>) => hostFindings(healthyHost(change))
const ofHost = (change: Partial<HostView>) => hostFindings({ ...healthyHost(), ...change })

test('nothing is found on a host on which nothing is wrong, and none of what may not be read', () => {
  expect(hostFindings(healthyHost())).toEqual([])
  const hidden = { rpFilter: null, arpIgnore: null, routes: [], conntrack: null, listenOverflows: null, ruleset: null }
  const { network } = healthyHost(hidden)
  expect(hostFindings({ process: null, network, memory: null, clocksource: null })).toEqual([])
})

describe('the process', () => {
  test('without a capability that it cannot do without: a problem, with what that means', () => {
    const process = { capabilities: ['CAP_SYS_NICE', 'CAP_NET_RAW'] as const, realtimeLimit: 0, openFiles: null }
    expect(ofHost({ process })).toMatchObject([
      {
        code: 'capability',
        level: 'warning',
        text: "the gateway's process lacks CAP_NET_ADMIN",
        evidence: ['without CAP_NET_ADMIN it cannot add virtual IPs, nor use nftables'],
      },
    ])
  })

  test('without the right to real-time scheduling only: a note', () => {
    const process = { capabilities: ['CAP_NET_ADMIN', 'CAP_NET_RAW'] as const, realtimeLimit: 0, openFiles: null }
    expect(ofHost({ process })).toMatchObject([{ code: 'capability', level: 'note' }])
    // As the unit gives it: by a limit.
    expect(ofHost({ process: { ...process, realtimeLimit: 1 } })).toEqual([])
  })

  test.each([
    [899, []],
    [900, ['open-files']],
  ])('with %d of 1000 open files: %j', (used, codes) => {
    const process = { ...healthyHost().process!, openFiles: { used, limit: 1000 } }
    expect(ofHost({ process }).map(({ code }) => code)).toEqual(codes)
  })
})

describe('the host', () => {
  test('memory that is almost used up', () => {
    const memory = { availableBytes: 100 * 2 ** 20, totalBytes: 2 ** 32 }
    expect(ofHost({ memory })).toMatchObject([{ code: 'memory', evidence: ['100 MiB of 4096 MiB are available'] }])
  })

  test.each([
    ['refined-jiffies', ['clock']],
    ['hpet', []],
    ['kvm-clock', []],
  ])('clock source %s: %j', (clocksource, codes) => {
    expect(ofHost({ clocksource }).map(({ code }) => code)).toEqual(codes)
  })

  test('a gateway in another network namespace: it is said that its network was not looked at', () => {
    expect(ofHost({ network: null })).toMatchObject([{ code: 'other-network', level: 'note' }])
  })
})

describe('the link', () => {
  test('an interface that is not there', () => {
    expect(ofNetwork({ link: null })).toMatchObject([{ code: 'no-interface', text: 'eth0 is not there' }])
  })

  test('one that is down', () => {
    const link = { ...healthyHost().network!.link!, up: false }
    expect(ofNetwork({ link })).toMatchObject([{ code: 'link-down', level: 'failure' }])
  })
})

describe('ARP', () => {
  test.each([0, 1, 2, 3, 4])('arp_ignore %d leaves a virtual IP answered for', (arpIgnore) => {
    expect(ofNetwork({ arpIgnore })).toEqual([])
  })

  test('arp_ignore 8 is a host that nobody finds', () => {
    expect(ofNetwork({ arpIgnore: 8 })).toMatchObject([{ code: 'arp-ignore', level: 'warning' }])
  })
})

describe('strict reverse path filtering', () => {
  const subnet = { network: '10.88.0.0', prefixLength: 16, interfaceName: 'eth0' }
  const part = { network: '10.88.3.0', prefixLength: 24, interfaceName: 'eth1' }
  const wayOut = { network: '0.0.0.0', prefixLength: 0, interfaceName: 'eth1' }

  test('with a part of the subnet routed elsewhere: those clients are dropped', () => {
    expect(ofNetwork({ rpFilter: 1, routes: [subnet, part] })).toMatchObject([
      {
        code: 'rp-filter',
        level: 'warning',
        evidence: ['net.ipv4.conf.eth0.rp_filter, or that of all, is 1 (strict)', '10.88.3.0/24 goes through eth1'],
      },
    ])
  })

  test('with the default route elsewhere: a note, as clients of other subnets may never come in here', () => {
    expect(ofNetwork({ rpFilter: 1, routes: [subnet, wayOut] })).toMatchObject([
      { code: 'rp-filter', level: 'note', evidence: [expect.anything(), 'the default route goes through eth1'] },
    ])
  })

  test.each([
    ['it is loose', { rpFilter: 2, routes: [subnet, part] }],
    ['it is off', { rpFilter: 0, routes: [subnet, part] }],
    ['other subnets are routed elsewhere', { rpFilter: 1, routes: [subnet, { ...part, network: '10.99.3.0' }] }],
    ['the default route is here too', { rpFilter: 1, routes: [subnet, wayOut, { ...wayOut, interfaceName: 'eth0' }] }],
  ])('nothing is said where %s', (_, change) => {
    expect(ofNetwork(change)).toEqual([])
  })
})

describe('a packet filter', () => {
  const chain = (policy: string, ...rules: readonly string[]) =>
    ['table ip filter {', '\tchain input {', `\t\ttype filter hook input priority filter; policy ${policy};`]
      .concat(
        rules.map((rule) => `\t\t${rule}`),
        '\t}',
        '}',
        '',
      )
      .join('\n')

  test.each([
    'ip saddr 10.88.0.11 ip protocol 112 drop',
    'ip protocol vrrp drop',
    'meta l4proto 253 counter reject',
    'ip protocol { 112, 253 } drop',
  ])('that has "%s" drops what the group is held together by', (rule) => {
    expect(ofNetwork({ ruleset: chain('accept', rule) })).toMatchObject([
      { code: 'firewall', level: 'warning', evidence: [rule] },
    ])
  })

  test('that drops all that no rule accepts is a note where no rule names VRRP', () => {
    expect(ofNetwork({ ruleset: chain('drop', 'tcp dport 22 accept') })).toMatchObject([
      { code: 'firewall', level: 'note' },
    ])
    expect(ofNetwork({ ruleset: chain('drop', 'ip protocol { 112, 253 } accept') })).toEqual([])
  })

  test.each(['tcp dport 112 drop', 'ip protocol tcp drop', 'ip protocol 112 accept'])(
    'that has "%s" is none of our business',
    (rule) => {
      expect(ofNetwork({ ruleset: chain('accept', rule) })).toEqual([])
    },
  )
})

describe('what is used up', () => {
  test('the table of tracked connections', () => {
    expect(ofNetwork({ conntrack: { count: 89, max: 100 } })).toEqual([])
    expect(ofNetwork({ conntrack: { count: 90, max: 100 } })).toMatchObject([
      { code: 'conntrack', evidence: ['90 of 100 entries are in use'] },
    ])
  })

  test('the queue of a listener, once upon a time: a note', () => {
    expect(ofNetwork({ listenOverflows: 3 })).toMatchObject([{ code: 'listen-overflows', level: 'note' }])
  })
})
