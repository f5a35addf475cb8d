import { z } from 'zod'
import { MAX_GROUP_NODES, MAX_INSTANCES } from '../runtime/wire/group-bounds.ts'
import { MAX_ADDRESSES } from '../runtime/wire/vrrp.ts'
import {
  command,
  durationMs,
  hostAddress,
  listOf,
  mapping,
  oneOf,
  scriptWeight,
  text,
  trackEffect,
  virtualIp,
  whole,
  yesOrNo,
} from './fields.ts'
import { mustBe } from './problems.ts'

/** RFC 9568 §5.2.4: the default priority of a router that backs up a virtual router. */
const DEFAULT_PRIORITY = 100
const MAX_UNICAST_PEERS = MAX_GROUP_NODES - 1

export const directorPriority = () =>
  whole(1, 255, '1..254 (255 is for the owner of the virtual IPs)')
    .default(DEFAULT_PRIORITY)
    .describe('The highest in the group is director. 1..254; 255 only for the owner of the virtual IPs.')

export const virtualIps = () =>
  listOf(virtualIp(), 'a list of addresses such as [10.0.0.5/24]')
    .max(MAX_ADDRESSES, { error: `has more than ${MAX_ADDRESSES} addresses; a VRRP advert cannot carry more` })
    .describe(
      "The addresses that the director holds, the same on all nodes, all IPv4 or all IPv6 (VRRP version 3). Default prefix: that of the interface's subnet; IPv6: /128.",
    )

/** The election, for all instances. */
export const vrrp = mapping({
  version: oneOf([2, 3]).default(2).describe('VRRP version: 2 (RFC 3768) or 3 (RFC 9568).'),
  advertInterval: durationMs('10ms', '255s')
    .prefault('1s')
    .describe('Between adverts: whole seconds 1s..255s in version 2, steps of 10ms in 10ms..40.95s in version 3.'),
  preempt: yesOrNo().default(true).describe('Take the virtual IPs back from a director of lower priority.'),
  preemptDelay: durationMs('0s', '1000s')
    .prefault('0s')
    .describe(
      'Wait that much longer, after the start or when a director of lower priority is heard, before preempting.',
    ),
  holdOff: durationMs('0s', '60s')
    .prefault('5s')
    .describe("After the start: wait that long at most for the present director's table before preempting."),
  longestInterval: durationMs('10ms', '40.95s')
    .optional()
    .describe(
      'Version 3: the longest advert interval of a director that is gone by; adverts with a longer one are discarded. Default: three of our own, 3s at least.',
    ),
  strict: yesOrNo()
    .default(false)
    .describe('Discard adverts with other virtual IPs than ours, as keepalived does; else they count, and are told.'),
  unicastPeers: z
    .array(hostAddress(), { error: (issue) => mustBe('a list of addresses such as [10.0.0.2, 10.0.0.3]', issue.input) })
    .max(MAX_UNICAST_PEERS, { error: `has more than ${MAX_UNICAST_PEERS} addresses` })
    .default([])
    .describe("The other nodes' own addresses: adverts go to each of them instead of to the multicast group."),
  realtime: oneOf(['auto', 'off'])
    .default('auto')
    .describe(
      'With adverts more often than once a second: the threads of the election go before everything ordinary on the host.',
    ),
})

export const garp = mapping({
  count: whole(1, 32).default(5).describe('Frames per burst: one may be lost.'),
  repeatAfter: z
    .array(durationMs('200ms', '60s'), {
      error: (issue) => mustBe('a list of durations such as [1s, 2500ms]', issue.input),
    })
    .max(8, { error: 'has more than 8 durations' })
    .prefault(['1s', '2500ms'])
    .describe(
      'The burst is repeated that long after the first; clients may ignore it within a second of their own query.',
    ),
  refresh: durationMs('0s', '1h').prefault('0s').describe('Once more every so often while director; 0s = never.'),
})

const MAX_SCRIPTS = 16

const trackedScript = mapping({
  name: text('a name of letters, digits, dots and dashes', /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/)
    .optional()
    .describe('Name of the script in status and log. Default: that of its file.'),
  command: command().describe(
    'A program, by its path, or a list of that and its arguments; without a shell. Exit code 0 is well.',
  ),
  interval: durationMs('100ms', '1h').prefault('1s').describe('From the end of a run to the next.'),
  timeout: durationMs('10ms', '10m')
    .optional()
    .describe('Then it is killed, and counts as failed. Default: the interval.'),
  rise: whole(1, 100).default(1).describe('Runs in a row that must succeed until it counts as well again.'),
  fall: whole(1, 100).default(1).describe('Runs in a row that must fail until it counts as failed.'),
  weight: scriptWeight()
    .optional()
    .describe(
      'Of the priority: -1..-253 is subtracted while it fails, 1..253 added while it is well. Default: none, but fault.',
    ),
  fault: z
    .literal(true, { error: (issue) => mustBe('true', issue.input, 'or leave it out') })
    .optional()
    .describe('While it fails the node takes no part in the election. The default where there is no weight.'),
})

export const track = mapping({
  interface: oneOf(['fault', 'off'])
    .default('fault')
    .describe('While the interface is down or gone the node takes no part in the election.'),
  portMonitor: trackEffect().default('off').describe('While a proxy port is not listening: off, fault, or -1..-253.'),
  gateway: trackEffect()
    .default('off')
    .describe('While there is no default route through the interface, or its gateway answers no ARP: the same.'),
  scripts: listOf(trackedScript, 'a list of scripts')
    .max(MAX_SCRIPTS, { error: `has more than ${MAX_SCRIPTS} scripts` })
    .optional()
    .describe('Programs of your own, as the vrrp_script of keepalived.'),
})

/** A setting of all instances, as one of them may set it otherwise: without the default. */
const override = <Inner extends z.ZodType>(field: { unwrap(): Inner; readonly description?: string | undefined }) =>
  field
    .unwrap()
    .optional()
    .describe(field.description ?? '')

const instance = mapping({
  name: text('a name of letters, digits, dots and dashes', /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/)
    .optional()
    .describe('Name of the instance in status and orders. Default: VI_ and its virtualRouterId.'),
  virtualRouterId: whole(1, 255).describe('VRID: the same on all nodes, and used by nothing else on the subnet.'),
  directorPriority: directorPriority(),
  virtualIps: virtualIps(),
  vrrp: mapping({
    version: override(vrrp.shape.version),
    advertInterval: override(vrrp.shape.advertInterval),
    preempt: override(vrrp.shape.preempt),
    preemptDelay: override(vrrp.shape.preemptDelay),
    holdOff: override(vrrp.shape.holdOff),
    longestInterval: vrrp.shape.longestInterval,
    strict: override(vrrp.shape.strict),
    unicastPeers: override(vrrp.shape.unicastPeers),
  })
    .prefault({})
    .describe('What this instance has otherwise than the vrrp of all.'),
})

/** Several virtual routers, each elected by itself. */
export const instances = () =>
  listOf(instance, 'a list of instances').max(MAX_INSTANCES, { error: `has more than ${MAX_INSTANCES} instances` })
