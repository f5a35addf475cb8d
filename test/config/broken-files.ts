import { brokenInstances } from './broken-instances.ts'

/** A broken configuration, and exactly the lines that must be said about it. */
export interface BrokenFile {
  readonly title: string
  readonly yaml: string
  readonly lines: readonly string[]
}

const TOP_LEVEL =
  'name, interface, managementIp, directorPriority, virtualRouterId, virtualIps, instances, redirects, forwarding, vrrp, track, notify, health, agent, garp, cluster, inspector, control, forwarders, clients, limits, timeouts, balancing, beacons, logging'

const VIPS = 'virtualIps: [10.0.0.5/24]'
const REDIRECTS = 'redirects: [{originalPorts: [8080], proxyPort: 3128}]'

/** The smallest right file with something wrong added to it. */
const broken = (title: string, addition: string, ...lines: readonly string[]): BrokenFile => ({
  title,
  yaml: `${VIPS}\n${REDIRECTS}\n${addition}\n`,
  lines,
})
const brokenVips = (title: string, vips: string, ...lines: readonly string[]): BrokenFile => ({
  title,
  yaml: `virtualIps: ${vips}\n${REDIRECTS}\n`,
  lines,
})
const brokenRedirects = (title: string, redirects: string, ...lines: readonly string[]): BrokenFile => ({
  title,
  yaml: `${VIPS}\nredirects: ${redirects}\n`,
  lines,
})

const logging: readonly BrokenFile[] = [
  broken(
    'a level that is none',
    'logging: { level: verbose }',
    'logging.level: must be error, warn, info or debug, is the text "verbose"',
  ),
  broken(
    'a level of a part that is none',
    'logging: { levels: { election: debug, electr: debug } }',
    'logging.levels.election: is not a known key; did you mean elector?',
    'logging.levels.electr: is not a known key; did you mean elector?',
  ),
  broken(
    'levels that are one',
    'logging: { levels: debug }',
    'logging.levels: must be a mapping of parts to levels, such as { elector: debug }, is the text "debug"',
  ),
  broken(
    'a target that is none',
    'logging: { target: file }',
    'logging.target: must be auto, stdout, syslog or journald, is the text "file"',
  ),
]

const numbers: readonly BrokenFile[] = [
  broken('VRID 0', 'virtualRouterId: 0', 'virtualRouterId: must be 1..255, is 0'),
  broken('VRID 256', 'virtualRouterId: 256', 'virtualRouterId: must be 1..255, is 256'),
  broken('VRID negative', 'virtualRouterId: -1', 'virtualRouterId: must be 1..255, is -1'),
  broken('VRID with a fraction', 'virtualRouterId: 5.5', 'virtualRouterId: must be 1..255, is 5.5'),
  broken(
    'VRID in quotes',
    'virtualRouterId: "51"',
    'virtualRouterId: must be 1..255, is the text "51"; write the number without quotes',
  ),
  broken('capacity 0', 'balancing: { capacity: 0 }', 'balancing.capacity: must be 1..1000, is 0'),
  broken(
    'an affinity by nothing',
    'balancing: { affinity: { ipv4: 0 } }',
    'balancing.affinity.ipv4: must be 8..32, is 0',
  ),
  broken(
    'an affinity by more than there is',
    'balancing: { affinity: { ipv6: 129 } }',
    'balancing.affinity.ipv6: must be 16..128, is 129',
  ),
  broken('a slow start of a day', 'balancing: { slowStart: 24h }', 'balancing.slowStart: must be 0s..1h, is 24h'),
  broken(
    'an affinity by prefix in kernel mode',
    'forwarding: kernel\nbalancing: { affinity: { ipv4: 24 } }',
    'balancing.affinity: a prefix is for workers mode; in kernel mode clients are told apart by whole addresses: leave it out',
  ),
  broken('capacity 1001', 'balancing: { capacity: 1001 }', 'balancing.capacity: must be 1..1000, is 1001'),
  broken('VRID empty', 'virtualRouterId:', 'virtualRouterId: must be 1..255, is empty'),
  broken(
    'priority 0',
    'directorPriority: 0',
    'directorPriority: must be 1..254 (255 is for the owner of the virtual IPs), is 0',
  ),
  broken(
    'priority 256',
    'directorPriority: 256',
    'directorPriority: must be 1..254 (255 is for the owner of the virtual IPs), is 256',
  ),
  broken(
    'priority not a number',
    'directorPriority: .nan',
    'directorPriority: must be 1..254 (255 is for the owner of the virtual IPs), is NaN',
  ),
  broken(
    'priority a word',
    'directorPriority: high',
    'directorPriority: must be 1..254 (255 is for the owner of the virtual IPs), is the text "high"',
  ),
  broken('a hold-off without end', 'vrrp: {holdOff: 2m}', 'vrrp.holdOff: must be 0s..60s, is 2m'),
  broken(
    'unicast peers that are none',
    'vrrp: {unicastPeers: [10.0.0.2, 10.0.0.2, 10.0.0.5, 224.0.0.18, fe80::1]}',
    'vrrp.unicastPeers[3]: 224.0.0.18 is a multicast address',
    'vrrp.unicastPeers[4]: must be an IPv4 address, is the text "fe80::1"',
    'vrrp.unicastPeers[1]: 10.0.0.2 is unicastPeers[0] already; remove one',
    "vrrp.unicastPeers[2]: 10.0.0.5 is a virtual IP; list the nodes' own addresses",
  ),
  broken(
    'one unicast peer without a list',
    'vrrp: {unicastPeers: 10.0.0.2}',
    'vrrp.unicastPeers: must be a list of addresses such as [10.0.0.2, 10.0.0.3], is the text "10.0.0.2"',
  ),
  broken(
    'more unicast peers than a group has',
    `vrrp: {unicastPeers: [${Array.from({ length: 64 }, (_, index) => `10.0.1.${index + 1}`)}]}`,
    'vrrp.unicastPeers: has more than 63 addresses',
  ),
  broken(
    'tracking that would raise the priority, or end it',
    'track: {interface: -20, portMonitor: 20, gateway: -254}',
    'track.interface: must be fault or off, is -20',
    'track.portMonitor: must be off, fault or a weight of -1..-253, is 20',
    'track.gateway: must be off, fault or a weight of -1..-253, is -254',
  ),
  broken(
    'gratuitous ARP without bounds',
    'garp: {count: 33, repeatAfter: [1ms], refresh: 2h}',
    'garp.count: must be 1..32, is 33',
    'garp.repeatAfter[0]: must be 200ms..60s, is 1ms',
    'garp.refresh: must be 0s..1h, is 2h',
  ),
  broken(
    'gratuitous ARP repeated for ever',
    `garp: {repeatAfter: [${Array(9).fill('1s')}]}`,
    'garp.repeatAfter: has more than 8 durations',
  ),
  broken(
    'gratuitous ARP repeated by one duration',
    'garp: {repeatAfter: 1s}',
    'garp.repeatAfter: must be a list of durations such as [1s, 2500ms], is the text "1s"',
  ),
  broken('no forwarders', 'forwarders: {count: 0}', 'forwarders.count: must be 1..256, is 0'),
  broken(
    'a client table that is too small',
    'clients: {tableSize: 10}',
    'clients.tableSize: must be 1024..4194304, is 10',
  ),
  broken(
    'no connections',
    'limits: {connections: 0, connectionsPerClient: 0}',
    'limits.connections: must be 1..1000000, is 0',
    'limits.connectionsPerClient: must be 1..1000000, is 0',
  ),
]

const addresses: readonly BrokenFile[] = [
  brokenVips(
    'a VIP that is multicast',
    '[224.0.0.18/24]',
    'virtualIps[0]: 224.0.0.18 is a multicast address; a virtual IP is an address that clients can connect to',
  ),
  brokenVips(
    'a VIP that is loopback',
    '[127.0.0.1]',
    'virtualIps[0]: 127.0.0.1 is a loopback address; a virtual IP is an address that clients can connect to',
  ),
  brokenVips(
    'a VIP that is the broadcast of everything',
    '[255.255.255.255]',
    'virtualIps[0]: 255.255.255.255 is the broadcast address; a virtual IP is an address that clients can connect to',
  ),
  brokenVips(
    'a VIP that is nothing',
    '[0.0.0.0]',
    'virtualIps[0]: 0.0.0.0 is in 0.0.0.0/8, which names no host; a virtual IP is an address that clients can connect to',
  ),
  brokenVips(
    'a VIP in the reserved range',
    '[250.1.1.1]',
    'virtualIps[0]: 250.1.1.1 is in the reserved range 240.0.0.0/4; a virtual IP is an address that clients can connect to',
  ),
  brokenVips(
    'a VIP that is its network',
    '[10.0.0.0/24]',
    'virtualIps[0]: 10.0.0.0 is the network address of 10.0.0.0/24; choose a host address, or another prefix',
  ),
  brokenVips(
    'a VIP that is its broadcast',
    '[10.0.0.255/24]',
    'virtualIps[0]: 10.0.0.255 is the broadcast address of 10.0.0.0/24; choose a host address, or another prefix',
  ),
  brokenVips('a VIP with prefix 0', '[10.0.0.5/0]', 'virtualIps[0]: the prefix must be 1..32, is 0'),
  brokenVips('a VIP with prefix 33', '[10.0.0.5/33]', 'virtualIps[0]: the prefix must be 1..32, is 33'),
  brokenVips(
    'a VIP with a prefix that is a word',
    '[10.0.0.5/abc]',
    'virtualIps[0]: the prefix must be 1..32, is the text "abc"',
  ),
  brokenVips(
    'a VIP with two prefixes',
    '[10.0.0.5/24/24]',
    'virtualIps[0]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "10.0.0.5/24/24"',
  ),
  brokenVips(
    'a VIP with a byte of 256',
    '[10.0.0.256/24]',
    'virtualIps[0]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "10.0.0.256/24"',
  ),
  brokenVips(
    'a VIP of three bytes',
    '[10.0.5]',
    'virtualIps[0]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "10.0.5"',
  ),
  brokenVips(
    'a VIP that is a number',
    '[10]',
    'virtualIps[0]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is 10',
  ),
  brokenVips(
    'a VIP of IPv6 in version 2',
    '["2001:DB8::5/64"]',
    'vrrp.version: must be 3 for IPv6 (2001:db8::5), is 2; set vrrp: { version: 3 }',
  ),
  brokenVips(
    'VIPs of both families',
    '[10.0.0.5/24, "2001:db8::5"]\nvrrp: { version: 3 }',
    'virtualIps: has IPv4 (10.0.0.5) and IPv6 (2001:db8::5); a virtual router has addresses of one family: make two instances of them',
  ),
  brokenVips(
    'unicast peers of a VIP of IPv6',
    '["2001:db8::5"]\nvrrp: { version: 3, unicastPeers: [10.0.0.2] }',
    'vrrp.unicastPeers: are for IPv4 only, and 2001:db8::5 is IPv6; remove them',
  ),
  brokenVips(
    'VIPs of IPv6 that no host can have',
    '["::", "::1", "ff02::5", "::ffff:10.0.0.5", "fe80::5%eth0"]',
    'virtualIps[0]: :: is the unspecified address; a virtual IP is an address that clients can connect to',
    'virtualIps[1]: ::1 is the loopback address; a virtual IP is an address that clients can connect to',
    'virtualIps[2]: ff02::5 is a multicast address; a virtual IP is an address that clients can connect to',
    'virtualIps[3]: ::ffff:10.0.0.5 is an IPv4 address mapped into IPv6; a virtual IP is an address that clients can connect to',
    'virtualIps[4]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "fe80::5%eth0"',
  ),
  brokenVips(
    'VIPs of IPv6 that are nobody in their subnet',
    '["2001:db8:0:40::/58", "2001:db8::5/129", "2001:db8::5/0"]',
    'virtualIps[0]: 2001:db8:0:40:: is the subnet-router anycast address of 2001:db8:0:40::/58; choose a host address, or another prefix',
    'virtualIps[1]: the prefix must be 1..128, is 129',
    'virtualIps[2]: the prefix must be 1..128, is 0',
  ),
  brokenVips(
    'more VIPs of IPv6 than an advert carries',
    `[${Array.from({ length: 91 }, (_, index) => `"2001:db8::1:${index + 1}"`).join(', ')}]\nvrrp: { version: 3 }`,
    'virtualIps: has 91 IPv6 addresses, and an advert of 1500 bytes carries 90; share them out over several instances',
  ),
  {
    title: 'more listeners than workers mode has',
    yaml: `virtualIps: [${Array.from({ length: 255 }, (_, index) => `10.0.1.${index}`)}]
redirects: [{originalPorts: [${Array.from({ length: 17 }, (_, index) => 8000 + index)}], proxyPort: 3128}]
`,
    lines: [
      'redirects: 17 original ports on 255 virtual IPs are 4335 listeners, and workers mode has 4094 at most; leave some out, or write forwarding: kernel',
    ],
  },
  brokenVips(
    'VIPs that are text',
    '10.0.0.5/24',
    'virtualIps: must be a list of addresses such as [10.0.0.5/24], is the text "10.0.0.5/24"',
  ),
  brokenVips('no VIPs', '[]', 'virtualIps: is an empty list; it must be a list of addresses such as [10.0.0.5/24]'),
  brokenVips('VIPs that are empty', '', 'virtualIps: must be a list of addresses such as [10.0.0.5/24], is empty'),
  brokenVips(
    'a VIP twice',
    '[10.0.0.5/24, 10.0.0.5/32]',
    'virtualIps[1]: 10.0.0.5 is virtualIps[0] already; remove one',
  ),
  broken(
    'the VIP is the managementIp',
    'managementIp: 10.0.0.5',
    "virtualIps[0]: 10.0.0.5 is this node's managementIp; a virtual IP must belong to no node",
  ),
  broken(
    'a managementIp with a prefix',
    'managementIp: 10.0.0.1/24',
    'managementIp: must be an IPv4 address, is the text "10.0.0.1/24"',
  ),
  broken('a managementIp that is loopback', 'managementIp: 127.0.0.1', 'managementIp: 127.0.0.1 is a loopback address'),
]

const redirects: readonly BrokenFile[] = [
  brokenRedirects('no redirects', '[]', 'redirects: is an empty list; it must be a list of redirects'),
  brokenRedirects(
    'redirects that are a mapping',
    '{originalPorts: [80]}',
    'redirects: must be a list of redirects, is a mapping',
  ),
  brokenRedirects(
    'a redirect that is a number',
    '[8080]',
    'redirects[0]: must be a mapping of keys to values, is 8080',
  ),
  brokenRedirects(
    'a redirect without a proxyPort',
    '[{originalPorts: [8080]}]',
    'redirects[0].proxyPort: is missing; it must be 1..65535',
  ),
  brokenRedirects(
    'a redirect without originalPorts',
    '[{proxyPort: 3128}]',
    'redirects[0].originalPorts: is missing; it must be a list of ports',
  ),
  brokenRedirects(
    'a range that is none',
    '[{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [50100-50000]}]',
    'redirects[1].originalPorts[0]: must be a port, or a range such as 50000-50100 within 1..65535, is the text "50100-50000"',
    'redirects[1].proxyPort: is missing; it must be 1..65535',
  ),
  brokenRedirects(
    'a range beyond the last port',
    '[{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [65000-65536]}]',
    'redirects[1].originalPorts[0]: must be a port, or a range such as 50000-50100 within 1..65535, is the text "65000-65536"',
    'redirects[1].proxyPort: is missing; it must be 1..65535',
  ),
  brokenRedirects(
    'a range with what only single ports have',
    '[{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [50000-50100, 21], proxyPort: 2121, proxyProtocol: v1, check: {type: connect}}]',
    'redirects[1].originalPorts: has ranges and single ports; make two redirects of them',
    'redirects[1].proxyPort: cannot stand beside a range, whose ports are those of the proxy: leave it out',
    'redirects[1].check: cannot stand beside a range, which is not watched: leave it out',
    'redirects[1].proxyProtocol: cannot stand beside a range: leave it out',
  ),
  brokenRedirects(
    'ranges that overlap, or have a redirect in them',
    '[{originalPorts: [50050], proxyPort: 3128}, {originalPorts: [50000-50100, 50100-50200]}]',
    "redirects[1].originalPorts[0]: 50000-50100 has port 50050 in it, which is a redirect's: leave that out of one of them",
    'redirects[1].originalPorts[1]: 50100-50200 overlaps 50000-50100',
  ),
  brokenRedirects(
    'ranges alone',
    '[{originalPorts: [50000-50100]}]',
    'redirects: has ranges only; at least one redirect must have a proxyPort, whose proxy is watched',
  ),
  brokenRedirects(
    'ranges of too many ports',
    '[{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [50000-51000]}, {originalPorts: [52000-52023]}]',
    'redirects: has ranges of 1025 ports; at most 1024 in all',
  ),
  {
    title: 'a range in workers mode',
    yaml: `${VIPS}\nforwarding: workers\nredirects: [{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [50000-50100]}]\n`,
    lines: ['redirects[1].originalPorts[0]: a range is for kernel mode: name the ports one by one, or leave it out'],
  },
  brokenRedirects(
    'originalPorts empty',
    '[{originalPorts: [], proxyPort: 3128}]',
    'redirects[0].originalPorts: is an empty list; it must be a list of ports',
  ),
  brokenRedirects(
    'originalPorts a number',
    '[{originalPorts: 8080, proxyPort: 3128}]',
    'redirects[0].originalPorts: must be a list of ports, is 8080',
  ),
  brokenRedirects(
    'proxyPort 70000',
    '[{originalPorts: [8080], proxyPort: 70000}]',
    'redirects[0].proxyPort: must be 1..65535, is 70000',
  ),
  brokenRedirects(
    'proxyPort 0',
    '[{originalPorts: [8080], proxyPort: 0}]',
    'redirects[0].proxyPort: must be 1..65535, is 0',
  ),
  brokenRedirects(
    'an original port in quotes',
    '[{originalPorts: ["8080"], proxyPort: 3128}]',
    'redirects[0].originalPorts[0]: must be 1..65535, is the text "8080"; write the number without quotes',
  ),
  brokenRedirects(
    'an original port twice in one redirect',
    '[{originalPorts: [8080, 8080], proxyPort: 3128}]',
    'redirects[0].originalPorts[1]: port 8080 is redirects[0].originalPorts[0] already; a port can be redirected once only',
  ),
  brokenRedirects(
    'an original port in two redirects',
    '[{originalPorts: [80, 8080], proxyPort: 1}, {originalPorts: [8080], proxyPort: 2}]',
    'redirects[1].originalPorts[0]: port 8080 is redirects[0].originalPorts[1] already; a port can be redirected once only',
  ),
  brokenRedirects(
    'a protocol that is a list',
    '[{protocol: [http], originalPorts: [8080], proxyPort: 3128}]',
    'redirects[0].protocol: must be a name such as http, is a list',
  ),
  brokenRedirects(
    'an unknown proxyProtocol',
    '[{originalPorts: [8080], proxyPort: 3128, proxyProtocol: v3}]',
    'redirects[0].proxyProtocol: must be off, v1 or v2, is the text "v3"',
  ),
  brokenRedirects(
    'a check of no known type',
    '[{originalPorts: [8080], proxyPort: 3128, check: {type: ping}}]',
    'redirects[0].check.type: must be connect or http, is the text "ping"',
  ),
  brokenRedirects(
    'an http check without a URL',
    '[{originalPorts: [8080], proxyPort: 3128, check: {type: http}}]',
    'redirects[0].check.url: is missing; type http needs one, such as http://www.example.com/',
  ),
  brokenRedirects(
    'a check of a URL that is none',
    '[{originalPorts: [8080], proxyPort: 3128, check: {type: http, url: example.com}}]',
    'redirects[0].check.url: must be a URL such as http://www.example.com/, is the text "example.com"',
  ),
  brokenRedirects(
    'a URL in a connect check',
    "[{originalPorts: [8080], proxyPort: 3128, check: {type: connect, url: 'http://example.com/'}}]",
    'redirects[0].check.url: is for type http; leave it out, or write type: http',
  ),
  brokenRedirects(
    'an unknown key in a redirect',
    '[{originalPort: [8080], originalPorts: [80], proxyPort: 3128}]',
    'redirects[0].originalPort: is not a known key; did you mean originalPorts?',
  ),
]

const perPorts: readonly BrokenFile[] = [
  broken(
    'single ports in kernel mode',
    'forwarding: kernel\nhealth: {perPort: true}',
    'health.perPort: is for workers mode; in kernel mode a node is taken out as a whole: leave it out',
  ),
  broken(
    'a limit of connections of a client in kernel mode',
    'forwarding: kernel\nlimits: {connectionsPerClient: 10}',
    'limits.connectionsPerClient: is for workers mode; in kernel mode clients connect to the proxies themselves: leave it out',
  ),
]

const agents: readonly BrokenFile[] = [
  broken(
    'an agent that is asked for nothing',
    'agent: {interval: 1s}',
    'agent: needs command or url, so that there is something to ask',
  ),
  broken(
    'an agent that is asked in two ways',
    "agent: {command: [/bin/true], url: 'http://127.0.0.1/'}",
    'agent.url: cannot stand beside command; leave one of them out',
  ),
  broken(
    'an agent that would have to be looked for',
    'agent: {command: [true.sh, up]}',
    'agent.command[0]: must be a path that starts with /, is true.sh',
  ),
  broken(
    'an agent as one text',
    'agent: {command: /bin/true up}',
    'agent.command: must be a list of a program and its arguments, is the text "/bin/true up"',
  ),
]

const keys: readonly BrokenFile[] = [
  broken(
    'an unknown key that is nearly one',
    'virtual_router_id: 51',
    'virtual_router_id: is not a known key; did you mean virtualRouterId?',
  ),
  broken('an unknown key that is none', 'colour: blue', `colour: is not a known key; known here: ${TOP_LEVEL}`),
  broken(
    'an unknown key in a section',
    'vrrp: {advertIntervall: 1s}',
    'vrrp.advertIntervall: is not a known key; did you mean advertInterval?',
  ),
  broken('a key that is not a word', '"a b": 1', `["a b"]: is not a known key; known here: ${TOP_LEVEL}`),
  broken('the key of every object', '__proto__: {a: 1}', `__proto__: is not a known key; known here: ${TOP_LEVEL}`),
  {
    title: 'PROXY headers in kernel mode',
    yaml: `${VIPS}\nforwarding: kernel\nredirects: [{originalPorts: [8080], proxyPort: 3128, proxyProtocol: v2}]\n`,
    lines: [
      "redirects[0].proxyProtocol: v2 is for workers mode; in kernel mode the proxy sees the client's own address: leave it out",
    ],
  },
  {
    title: 'virtualIps missing',
    yaml: `${REDIRECTS}\n`,
    lines: ['virtualIps: is missing; it must be a list of addresses such as [10.0.0.5/24]'],
  },
  { title: 'redirects missing', yaml: `${VIPS}\n`, lines: ['redirects: is missing; it must be a list of redirects'] },
]

const words: readonly BrokenFile[] = [
  broken(
    'an unknown wish for real-time scheduling',
    'vrrp: {realtime: always}',
    'vrrp.realtime: must be auto or off, is the text "always"',
  ),
  broken(
    'an unknown forwarding mode',
    'forwarding: fast',
    'forwarding: must be auto, kernel or workers, is the text "fast"',
  ),
  broken(
    'an interface name that is too long',
    'interface: averyveryverylongname0',
    'interface: must be the name of a network interface, is the text "averyveryverylongname0"',
  ),
  broken(
    'an interface name with a slash',
    'interface: a/b',
    'interface: must be the name of a network interface, is the text "a/b"',
  ),
  broken(
    'a name with a line break',
    'name: "a\\nb"',
    'name: must be a name of letters, digits, dots and dashes, is the text "a\\nb"',
  ),
  broken('a section that is text', 'vrrp: v2', 'vrrp: must be a mapping of keys to values, is the text "v2"'),
  broken('a section that is empty', 'timeouts:', 'timeouts: must be a mapping of keys to values, is empty'),
  broken('VRRP version 4', 'vrrp: {version: 4}', 'vrrp.version: must be 2 or 3, is 4'),
  broken('preempt: yes', 'vrrp: {preempt: yes}', 'vrrp.preempt: must be true or false, is the text "yes"'),
]

const durations: readonly BrokenFile[] = [
  broken(
    'a duration without a unit',
    'vrrp: {advertInterval: 1}',
    'vrrp.advertInterval: must be a duration with its unit, such as 500ms, 1s or 2m, is 1',
  ),
  broken(
    'a duration with an unknown unit',
    'beacons: {interval: 1 week}',
    'beacons.interval: must be a duration with its unit, such as 500ms, 1s or 2m, is the text "1 week"',
  ),
  broken(
    'a duration that is negative',
    'vrrp: {preemptDelay: -1s}',
    'vrrp.preemptDelay: must be a duration with its unit, such as 500ms, 1s or 2m, is the text "-1s"',
  ),
  broken('a duration that is too long', 'timeouts: {connect: 2h}', 'timeouts.connect: must be 10ms..60s, is 2h'),
  broken(
    'v2 with an interval below a second',
    'vrrp: {version: 2, advertInterval: 500ms}',
    'vrrp.advertInterval: must be whole seconds in VRRP version 2, is 500ms; round it, or set vrrp.version to 3',
  ),
  broken(
    'v2 with an interval of a second and a half',
    'vrrp: {advertInterval: 1.5s}',
    'vrrp.advertInterval: must be whole seconds in VRRP version 2, is 1.5s; round it, or set vrrp.version to 3',
  ),
  broken(
    'v3 with an interval above 40.95 s',
    'vrrp: {version: 3, advertInterval: 41s}',
    'vrrp.advertInterval: must be 10ms..40.95s in VRRP version 3, is 41s',
  ),
  broken(
    'v3 with an interval that is no centisecond',
    'vrrp: {version: 3, advertInterval: 15ms}',
    'vrrp.advertInterval: must be a multiple of 10ms in VRRP version 3, is 15ms',
  ),
  broken(
    'v3 with an interval below 10 ms',
    'vrrp: {version: 3, advertInterval: 5ms}',
    'vrrp.advertInterval: must be 10ms..255s, is 5ms',
  ),
]

const scripts: readonly BrokenFile[] = [
  broken(
    'a script by its name',
    'track: {scripts: [{command: check-disk}]}',
    'track.scripts[0].command: must be a path that starts with /, or a list of such a path and arguments, is the text "check-disk"',
  ),
  broken(
    'a script that is none',
    'track: {scripts: [{interval: 1s}]}',
    'track.scripts[0].command: is missing; it must be a path that starts with /, or a list of such a path and arguments',
  ),
  broken(
    'a script without a word',
    'track: {scripts: [{command: []}]}',
    'track.scripts[0].command: must be a path that starts with /, or a list of such a path and arguments, is a list',
  ),
  broken(
    'a script with weight and fault',
    'track: {scripts: [{command: /bin/true, weight: -5, fault: true}]}',
    'track.scripts[0]: has both weight and fault; keep one of them',
  ),
  broken(
    'a script without weight',
    'track: {scripts: [{command: /bin/true, weight: 0}]}',
    'track.scripts[0].weight: must be a weight of -253..-1 or 1..253, is 0',
  ),
  broken(
    'a script that is no fault',
    'track: {scripts: [{command: /bin/true, fault: false}]}',
    'track.scripts[0].fault: must be true, is false; or leave it out',
  ),
  broken(
    'two scripts of one name',
    'track: {scripts: [{command: /usr/bin/a}, {command: [/usr/local/bin/a, x]}]}',
    'track.scripts[1]: is named a, as track.scripts[0] is; give it a name of its own',
  ),
  broken(
    'a notifier that tells nobody',
    'notify: [{on: [director]}]',
    'notify[0]: needs command or url, so that somebody is told',
  ),
  broken(
    'a notifier in two ways',
    'notify: [{command: /bin/true, url: "http://a/"}]',
    'notify[0].url: cannot stand beside command; make two notifiers of them',
  ),
  broken(
    'a notifier of what does not happen',
    'notify: [{on: [master], command: /bin/true}]',
    'notify[0].on[0]: must be director, backup, fault, nodeFailed, nodeReturned, drained or configurationRefused, is the text "master"',
  ),
  broken(
    'a notifier by a relative path',
    'notify: [{command: [mail, root]}]',
    'notify[0].command: must be a path that starts with /, or a list of such a path and arguments, is a list',
  ),
  broken('nine notifiers', `notify: [${'{command: /bin/true}, '.repeat(9)}]`, 'notify: has more than 8 notifiers'),
  broken(
    'seventeen scripts',
    `track: {scripts: [${Array.from({ length: 17 }, (_, at) => `{command: /bin/${at}}`).join(', ')}]}`,
    'track.scripts: has more than 16 scripts',
  ),
]

const security: readonly BrokenFile[] = [
  broken(
    'key and keyFile',
    'cluster: {key: "0123456789abcdef", keyFile: /etc/key}',
    'cluster: has both key and keyFile; keep one of them',
  ),
  broken(
    'key and keys',
    'cluster: {key: "0123456789abcdef", keys: ["0123456789abcdeg"]}',
    'cluster: has both key and keys; keep one of them',
  ),
  broken(
    'a key twice',
    'cluster: {keys: ["0123456789abcdef", "0123456789abcdef"]}',
    'cluster.keys[1]: is there twice; leave one of both out',
  ),
  broken(
    'five keys',
    `cluster: {keys: [${[1, 2, 3, 4, 5].map((n) => `"0123456789abcde${n}"`).join(', ')}]}`,
    'cluster.keys: has more than 4 keys',
  ),
  broken(
    "the example's key among others",
    'cluster: {keys: ["0123456789abcdef", "replace this by a key of your own"]}',
    'cluster.keys[1]: is a placeholder, which everybody knows; make one of your own, e.g. from: openssl rand -hex 32',
  ),
  broken(
    "the example's token among others",
    'inspector: {tokens: [{role: viewer, token: "replace this by a token of your own"}]}',
    'inspector.tokens[0].token: is a placeholder, which everybody knows; make one of your own, e.g. from: openssl rand -hex 32',
  ),
  broken(
    'a token without a role',
    'inspector: {tokens: [{token: "0123456789abcdef"}]}',
    'inspector.tokens[0].role: is missing; it must be viewer or operator',
  ),
  broken(
    'a role without a token',
    'inspector: {tokens: [{role: viewer}]}',
    'inspector.tokens[0]: needs token or tokenFile',
  ),
  broken(
    'a token with two roles',
    'inspector: {token: "0123456789abcdef", tokens: [{role: operator, token: "0123456789abcdef"}]}',
    'inspector.tokens[0].token: is there twice; each token has one role',
  ),
  broken(
    'a key that is too short',
    'cluster: {key: secret}',
    'cluster.key: is too short a key; take at least 16 characters, e.g. from: openssl rand -hex 32',
  ),
  broken(
    'a key that is a number',
    'cluster: {key: 12345678901234567890}',
    'cluster.key: must be text; write it in quotes',
  ),
  broken(
    'a relative keyFile',
    'cluster: {keyFile: key.txt}',
    'cluster.keyFile: must be a path that starts with /, is the text "key.txt"',
  ),
  broken(
    'keys that stand for one',
    'cluster: {key: "change-me-to-something"}\ninspector: {token: changeme-changeme}',
    'cluster.key: is a placeholder, which everybody knows; make one of your own, e.g. from: openssl rand -hex 32',
    'inspector.token: is a placeholder, which everybody knows; make one of your own, e.g. from: openssl rand -hex 32',
  ),
  broken(
    'an inspector for everybody without a token',
    'inspector: {listen: "0.0.0.0:9253"}',
    'inspector.listen: 0.0.0.0 can be reached from elsewhere; set inspector.token, or listen on 127.0.0.1',
  ),
  broken(
    'an inspector on :: without a token',
    'inspector: {listen: "[::]:9253"}',
    'inspector.listen: :: can be reached from elsewhere; set inspector.token, or listen on 127.0.0.1',
  ),
  broken(
    'an inspector with a token that is too short',
    'inspector: {token: abc}',
    'inspector.token: is too short a token; take at least 16 characters, e.g. from: openssl rand -hex 32',
  ),
  broken(
    'an inspector without a port',
    'inspector: {listen: 127.0.0.1}',
    'inspector.listen: must be ADDRESS:PORT such as 127.0.0.1:9253, is the text "127.0.0.1"',
  ),
  broken(
    'an inspector on port 0',
    'inspector: {listen: "127.0.0.1:0"}',
    'inspector.listen: the port must be 1..65535, is 0',
  ),
  broken(
    'an inspector on a host name',
    'inspector: {listen: "localhost:9253"}',
    'inspector.listen: must be ADDRESS:PORT such as 127.0.0.1:9253, is the text "localhost:9253"',
  ),
  broken(
    'an inspector on the proxy port',
    'inspector: {listen: "127.0.0.1:3128"}',
    'inspector.listen: port 3128 is the proxyPort of redirects[0]; take another',
  ),
  broken(
    'a control socket with a path that is too long',
    `control: {socket: /${'x'.repeat(107)}}`,
    "control.socket: is 108 bytes long; a unix socket's path has at most 107",
  ),
  broken(
    'a control socket with a relative path',
    'control: {socket: proxyha.sock}',
    'control.socket: must be a path that starts with /, is the text "proxyha.sock"',
  ),
]

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefgh'
    .split('')
    .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefg'[index]}`).join(', ')}]`),
].join('\n')

const yaml: readonly BrokenFile[] = [
  { title: 'an empty file', yaml: '', lines: ['is empty; start from config/gateway.example.yaml'] },
  { title: 'a file of comments', yaml: '# nothing\n', lines: ['is empty; start from config/gateway.example.yaml'] },
  { title: 'a list', yaml: '- a\n- b\n', lines: ['must be a mapping of keys to values, like "interface: eth0"'] },
  { title: 'a word', yaml: 'hello\n', lines: ['must be a mapping of keys to values, like "interface: eth0"'] },
  {
    title: 'two documents',
    yaml: `${VIPS}\n${REDIRECTS}\n---\nname: x\n`,
    lines: ['line 3: a second YAML document starts here; a configuration is one document'],
  },
  {
    title: 'a tab as indentation',
    yaml: `${VIPS}\nvrrp:\n\tversion: 2\n${REDIRECTS}\n`,
    lines: ['line 3, column 1: a tab is used to indent; YAML is indented by spaces'],
  },
  {
    title: 'a bracket that is not closed',
    yaml: `${REDIRECTS}\nvirtualIps: [10.0.0.5/24\n`,
    lines: ['line 3, column 1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  },
  {
    title: 'a quote that is not closed',
    yaml: `${VIPS}\nname: "x\n${REDIRECTS}\n`,
    lines: ['line 4, column 1: Missing closing "quote'],
  },
  {
    title: 'a key twice',
    yaml: `${VIPS}\n${REDIRECTS}\nname: a\nname: b\n`,
    lines: ['line 4, column 1: the key name is given twice; remove one'],
  },
  {
    title: 'two keys twice',
    yaml: `${VIPS}\n${VIPS}\n${REDIRECTS}\n${REDIRECTS}\n`,
    lines: [
      'line 2, column 1: the key virtualIps is given twice; remove one',
      'line 4, column 1: the key redirects is given twice; remove one',
    ],
  },
  {
    title: 'an alias of nothing',
    yaml: `${VIPS}\n${REDIRECTS}\nname: *nobody\n`,
    lines: ['uses the alias *nobody, but there is no anchor &nobody before it; quote a text that starts with *'],
  },
  {
    title: 'a line that is no YAML: no more of it is repeated than shows which',
    yaml: `> 5 cluster: { key: "${'a-secret-'.repeat(20)}" }\n`,
    lines: ['line 1, column 3: Not a YAML token: 5 cluster: { key: "a-secret-a-secret-a-secret-a-secret-a-secre...'],
  },
  {
    title: 'an unknown tag',
    yaml: `${VIPS}\n${REDIRECTS}\nname: !secret x\n`,
    lines: ['line 3, column 7: Unresolved tag: !secret'],
  },
  {
    title: 'wrong indentation',
    yaml: `vrrp:\n  version: 2\n preempt: true\n${VIPS}\n${REDIRECTS}\n`,
    lines: ['line 3, column 1: All mapping items must start at the same column'],
  },
  {
    title: 'a colon forgotten',
    yaml: `${VIPS}\n${REDIRECTS}\nname jupiter\n`,
    lines: ['line 3, column 1: Implicit map keys need to be followed by map values'],
  },
  {
    title: 'aliases of aliases of aliases',
    yaml: `${VIPS}\n${REDIRECTS}\n${bomb}\n`,
    lines: ['uses too many YAML aliases; write the values out'],
  },
  {
    title: 'brackets without end',
    yaml: `name: ${'['.repeat(100_000)}`,
    lines: ['is nested too deeply; a configuration has three levels'],
  },
]

const several: readonly BrokenFile[] = [
  {
    title: 'many mistakes at once',
    yaml: [
      'interface: eth0',
      'virtualRouterId: 300',
      'virtualIps: [10.0.0.5/24, 10.0.0.5, 300.1.1.1]',
      'redirects:',
      '  - { originalPorts: [80, 80, 99999], proxyPort: 0 }',
      '  - { originalPorts: [80], proxyPort: 3128, proxyport: 1 }',
      'vrrp: { version: 2, advertInterval: 100ms }',
      'cluster: { key: x, keyFile: /y }',
      'colour: blue',
    ].join('\n'),
    lines: [
      'virtualRouterId: must be 1..255, is 300',
      'virtualIps[1]: 10.0.0.5 is virtualIps[0] already; remove one',
      'virtualIps[2]: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "300.1.1.1"',
      'redirects[0].originalPorts[2]: must be 1..65535, is 99999',
      'redirects[0].proxyPort: must be 1..65535, is 0',
      'redirects[0].originalPorts[1]: port 80 is redirects[0].originalPorts[0] already; a port can be redirected once only',
      'redirects[1].proxyport: is not a known key; did you mean proxyPort?',
      'redirects[1].originalPorts[0]: port 80 is redirects[0].originalPorts[0] already; a port can be redirected once only',
      'vrrp.advertInterval: must be whole seconds in VRRP version 2, is 100ms; round it, or set vrrp.version to 3',
      'cluster.key: is too short a key; take at least 16 characters, e.g. from: openssl rand -hex 32',
      'cluster: has both key and keyFile; keep one of them',
      `colour: is not a known key; known here: ${TOP_LEVEL}`,
    ],
  },
]

export const brokenFiles: readonly BrokenFile[] = [
  ...logging,
  ...numbers,
  ...addresses,
  ...brokenInstances,
  ...redirects,
  ...perPorts,
  ...agents,
  ...keys,
  ...words,
  ...durations,
  ...scripts,
  ...security,
  ...yaml,
  ...several,
]
