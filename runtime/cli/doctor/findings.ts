/** What `proxyha doctor` finds. Pure: a rule is a function over what was observed, so that more are added easily. */
import type { ClientRoute } from '../../../actors/dispatcher/messages.ts'
import type { Diagnostics, GatewayStatus } from '../../../actors/inspector/messages.ts'
import type { HostView } from '../../ports/host/host-view.ts'

/** A running gateway and its host, at one moment. */
export interface Observed {
  readonly status: GatewayStatus
  readonly diagnostics: Diagnostics
  /** Some thousands at most. */
  readonly clients: readonly ClientRoute[]
  readonly host: HostView
}

export interface Finding {
  /** Stable, for scripts. */
  readonly code: string
  /** `note`: as it should be, but worth knowing. Only a problem makes the exit code 1. */
  readonly severity: 'problem' | 'note'
  readonly what: string
  /** What it is concluded from. */
  readonly evidence: readonly string[]
  readonly advice: string
}

export type FindingRule = (observed: Observed) => readonly Finding[]

/** Something to mend. */
export const problem = (code: string, what: string, evidence: readonly string[], advice: string): Finding => ({
  code,
  severity: 'problem',
  what,
  evidence,
  advice,
})

/** Something to know. */
export const note = (code: string, what: string, evidence: readonly string[], advice: string): Finding => ({
  ...problem(code, what, evidence, advice),
  severity: 'note',
})

/** All that the rules find, problems first; each warning of the status is in one of the findings. */
export function diagnose(observed: Observed, rules: readonly FindingRule[]): readonly Finding[] {
  const found = rules.flatMap((rule) => rule(observed))
  const explained = new Set(found.flatMap(({ evidence }) => evidence))
  const others = observed.status.warnings.filter((warning) => !explained.has(warning)).map(adviceFor)
  return problemsFirst([...found, ...others])
}

/** In the order that they are told in. */
export const problemsFirst = (all: readonly Finding[]): readonly Finding[] => [
  ...all.filter(({ severity }) => severity === 'problem'),
  ...all.filter(({ severity }) => severity === 'note'),
]

const SILENCE = /: its part of the status is old or missing$/

/** Whether a warning says that an actor has not answered: what the status says of that one may be old, or nothing. */
export const tellsOfSilence = (warning: string): boolean => SILENCE.test(warning)

/** Warnings that no rule has taken as its evidence, by how they are worded, with what to do. */
const ADVICE: readonly (readonly [code: string, pattern: RegExp, advice: string])[] = [
  [
    'two-directors',
    /^two directors are heard/,
    'beacons arrive and adverts do not: let IP protocol 112 to 224.0.0.18 through between the nodes (filters, IGMP snooping), or use vrrp.unicastPeers',
  ],
  [
    'settings-differ',
    /^setting .* differs|^the settings of /,
    'make the setting the same on all nodes, and restart those that were changed',
  ],
  [
    'vip-not-ours',
    / by somebody else's hand, /,
    'take it off where the warning says, and out of what puts it there: the gateway puts it on the interface while it leads',
  ],
  ['same-priority', /has the same priority as this node/, 'give each node a directorPriority of its own'],
  [
    'vip-held-by-stranger',
    / is held by \S+, which is no VRRP master/,
    'find the host with that MAC and take the address off it; until then the address is not added here',
  ],
  [
    'instance-order',
    /the order of the instances differs$/,
    'write the instances in the same order on all nodes: beacons are of the first one',
  ],
  ['vrid-differs', /^beacons from .*virtualRouterId is /, 'set the same virtualRouterId on all nodes of the group'],
  [
    'forged-beacons',
    /but others from it are right: somebody sends in its name$/,
    'find the host that sends IP protocol 253 with that source address, by its MAC (tcpdump -e); nothing of it is believed',
  ],
  [
    'old-beacons',
    /^beacons from .*: they are old/,
    'nothing of them is believed; a virtual machine that was put back to a snapshot goes on by itself within two beacon intervals',
  ],
  [
    'put-back',
    /^this node was heard with beacons that it has not sent/,
    'where this is a virtual machine: was it put back to a snapshot? Else find who sends in its name, and set cluster.key on all nodes',
  ],
  [
    'beacons-from-elsewhere',
    /^beacons from .*(their TTL is not 255|it is outside the subnet)/,
    'put all nodes of the group on one subnet, with the same prefix length; nothing of these beacons is believed',
  ],
  [
    'not-heard-there',
    /^hellos from .*they do not name this node/,
    'let IP protocol 253 through from this node to that one (filters of both hosts, and between them)',
  ],
  ['beacon-version', /it runs another version$/, 'run the same version of proxyha on all nodes'],
  [
    'key-rotation',
    /^cluster\.keys: .* with another key than this node/,
    'go on with the change of the key: when all nodes send with one, leave the other out, on all of them',
  ],
  ['cluster-key', /cluster\.key/, 'set the same cluster.key on all nodes'],
  [
    'node-stale',
    /\) is missing since .*: proxyha forget \S+$/,
    'start it again, and let IP protocol 253 pass; if it is not to come back, forget it as the warning says, on the director',
  ],
  ['node-failure', /\) has failed(?: on port \d|: )/, 'run "proxyha doctor" on that node'],
  ['actor-silent', SILENCE, 'see "proxyha actors", and the log'],
]

/** What is over by the time that it is told of, or goes on as it should. */
const NOTES: readonly string[] = ['put-back', 'key-rotation']

function adviceFor(warning: string): Finding {
  const [code, , advice] = ADVICE.find(([, pattern]) => pattern.test(warning)) ?? [
    'warning',
    undefined,
    'it stands in the status until it is mended; the log tells since when',
  ]
  return NOTES.includes(code) ? note(code, warning, [warning], advice) : problem(code, warning, [warning], advice)
}
