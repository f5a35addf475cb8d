/** What `proxyha doctor` finds in a status. Pure: a rule is a function over the status, so that more are added easily. */
import type { GatewayStatus } from '../../actors/inspector/messages.ts'

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

export type FindingRule = (status: GatewayStatus) => readonly Finding[]

/** All that the rules find, problems first; each warning of the status is in one of the findings. */
export function diagnose(status: GatewayStatus, rules: readonly FindingRule[]): readonly Finding[] {
  const found = rules.flatMap((rule) => rule(status))
  const explained = new Set(found.flatMap(({ evidence }) => evidence))
  const others = status.warnings.filter((warning) => !explained.has(warning)).map(adviceFor)
  const all = [...found, ...others]
  return [...all.filter(({ severity }) => severity === 'problem'), ...all.filter(({ severity }) => severity === 'note')]
}

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
  ['same-priority', /has the same priority as this node/, 'give each node a directorPriority of its own'],
  [
    'vip-held-by-stranger',
    / is held by \S+, which is no VRRP master/,
    'find the host with that MAC and take the address off it; until then the address is not added here',
  ],
  ['cluster-key', /cluster\.key/, 'set the same cluster.key on all nodes'],
  ['actor-silent', /its part of the status is old or missing$/, 'see "proxyha actors", and the log'],
]

function adviceFor(warning: string): Finding {
  const [code, , advice] = ADVICE.find(([, pattern]) => pattern.test(warning)) ?? [
    'warning',
    undefined,
    'it stands in the status until it is mended; the log tells since when',
  ]
  return { code, severity: 'problem', what: warning, evidence: [warning], advice }
}
