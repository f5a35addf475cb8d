import type { BrokenFile } from './broken-files.ts'

const REDIRECTS = 'redirects: [{originalPorts: [8080], proxyPort: 3128}]'

const broken = (title: string, instances: string, ...lines: readonly string[]): BrokenFile => ({
  title,
  yaml: `instances: ${instances}\n${REDIRECTS}\n`,
  lines,
})

/** What can be wrong with a list of instances, and with one that stands beside the short form. */
export const brokenInstances: readonly BrokenFile[] = [
  broken(
    'both forms of instances',
    '[{virtualRouterId: 1, virtualIps: [10.0.0.6]}]\nvirtualIps: [10.0.0.5]\nvirtualRouterId: 7\ndirectorPriority: 9',
    'virtualIps: cannot stand beside instances; write it in each of them',
    'virtualRouterId: cannot stand beside instances; write it in each of them',
    'directorPriority: cannot stand beside instances; write it in each of them',
  ),
  {
    title: 'neither form of instances',
    yaml: `${REDIRECTS}\n`,
    lines: ['virtualIps: is missing; it must be a list of addresses such as [10.0.0.5/24]'],
  },
  broken(
    'strictness that is neither',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {longestInterval: 5s, strict: sometimes}}]\nvrrp: {version: 3}',
    'instances[0].vrrp.strict: must be true or false, is the text "sometimes"',
  ),
  broken(
    'a longest interval that shuts the group itself out, with the interval of all',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {longestInterval: 500ms}}]\nvrrp: {version: 3}',
    'instances[0].vrrp.longestInterval: must not be shorter than advertInterval, which is 1000 ms: nobody of the group would be heard',
  ),
  {
    title: 'the same in the short form',
    yaml: `${REDIRECTS}\nvirtualIps: [10.0.0.5]\nvrrp: {version: 3, longestInterval: 500ms}\n`,
    lines: [
      'vrrp.longestInterval: must not be shorter than advertInterval, which is 1000 ms: nobody of the group would be heard',
    ],
  },
  broken('no instance in the list', '[]', 'instances: is an empty list; it must be a list of instances'),
  broken('instances that are no list', '{}', 'instances: must be a list of instances, is a mapping'),
  broken('an instance that is none', '[7]', 'instances[0]: must be a mapping of keys to values, is 7'),
  broken(
    'nine instances',
    `[${Array.from({ length: 9 }, (_, index) => `{virtualRouterId: ${index + 1}, virtualIps: [10.0.0.${index + 1}]}`)}]`,
    'instances: has more than 8 instances',
  ),
  broken(
    'an instance without anything',
    '[{}]',
    'instances[0].virtualRouterId: is missing; it must be 1..255',
    'instances[0].virtualIps: is missing; it must be a list of addresses such as [10.0.0.5/24]',
  ),
  broken(
    'two instances of one VRID',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5]}, {name: web, virtualRouterId: 5, virtualIps: [10.0.0.6]}]',
    'instances[1].virtualRouterId: 5 is instances[0].virtualRouterId already; give each instance a VRID of its own',
  ),
  broken(
    'two instances of one VRID and two families, without names',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5]}, {virtualRouterId: 5, virtualIps: ["2001:db8::5"]}]\nvrrp: {version: 3}',
    'instances[1].name: VI_5 is the name of instances[0] already; give each instance a name of its own',
  ),
  broken(
    'an instance with the default name of another',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5]}, {name: VI_5, virtualRouterId: 6, virtualIps: [10.0.0.6]}]',
    'instances[1].name: VI_5 is the name of instances[0] already; give each instance a name of its own',
  ),
  broken(
    'a VIP in two instances',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5]}, {virtualRouterId: 6, virtualIps: [10.0.0.6, 10.0.0.5/24]}]',
    'instances[1].virtualIps[1]: 10.0.0.5 is instances[0].virtualIps[0] already; remove one',
  ),
  broken(
    "an instance's VIP that is the managementIp",
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5]}]\nmanagementIp: 10.0.0.5',
    "instances[0].virtualIps[0]: 10.0.0.5 is this node's managementIp; a virtual IP must belong to no node",
  ),
  broken(
    'settings of an instance that are none',
    '[{virtualRouterId: 5, directorPriority: 0, virtualIps: [10.0.0.5], vrrp: {preemt: true}, nam: x}]',
    'instances[0].directorPriority: must be 1..254 (255 is for the owner of the virtual IPs), is 0',
    'instances[0].vrrp.preemt: is not a known key; did you mean preempt?',
    'instances[0].nam: is not a known key; did you mean name?',
  ),
  broken(
    'a setting of all, in one instance',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {realtime: off}, track: {gateway: fault}}]',
    'instances[0].vrrp.realtime: is not a known key; known here: version, advertInterval, preempt, preemptDelay, holdOff, longestInterval, strict, unicastPeers',
    'instances[0].track: is not a known key; known here: name, virtualRouterId, directorPriority, virtualIps, vrrp',
  ),
  broken(
    'an interval that the version of all cannot carry',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {advertInterval: 100ms}}]',
    'instances[0].vrrp.advertInterval: must be whole seconds in VRRP version 2, is 100ms; round it, or set instances[0].vrrp.version to 3',
  ),
  broken(
    'a version that the interval of all does not fit',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {version: 2}}]\nvrrp: {version: 3, advertInterval: 100ms}',
    'instances[0].vrrp.advertInterval: must be whole seconds in VRRP version 2, is 100ms; round it, or set instances[0].vrrp.version to 3',
  ),
  broken(
    "an instance's unicast peer that is a VIP of another",
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5], vrrp: {unicastPeers: [10.0.0.6]}}, {virtualRouterId: 6, virtualIps: [10.0.0.6]}]',
    "instances[0].vrrp.unicastPeers[0]: 10.0.0.6 is a virtual IP; list the nodes' own addresses",
  ),
  broken(
    'an instance of both families, in version 2',
    '[{virtualRouterId: 5, virtualIps: [10.0.0.5, "2001:db8::5"]}]',
    'instances[0].virtualIps: has IPv4 (10.0.0.5) and IPv6 (2001:db8::5); a virtual router has addresses of one family: make two instances of them',
    'instances[0].vrrp.version: must be 3 for IPv6 (2001:db8::5), is 2; set vrrp: { version: 3 }',
  ),
  broken(
    'an instance of IPv6 with the unicast peers of all',
    '[{virtualRouterId: 5, virtualIps: ["2001:db8::5"]}]\nvrrp: {version: 3, unicastPeers: [10.0.0.2]}',
    'instances[0].vrrp.unicastPeers: are those of vrrp, for IPv4 only, and 2001:db8::5 is IPv6; set unicastPeers: [] here',
  ),
]
