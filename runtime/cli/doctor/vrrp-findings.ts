/** What the election has to say to the doctor. */
import { freeVrids } from '../../../actors/elector/adverts/free-vrids.ts'
import type { ForeignRouter, Rival, VrrpStatus } from '../../../actors/elector/messages.ts'
import type { GatewayStatus, InstanceStatus } from '../../../actors/inspector/messages.ts'
import { discardedAdverts } from './discarded-adverts.ts'
import { type Finding, type FindingRule, note, problem } from './findings.ts'

/** A rule about one virtual router: of the status it sees that one's part only. */
type InstanceRule = (instance: InstanceView) => readonly Finding[]

interface InstanceView extends Pick<InstanceStatus, 'role' | 'virtualIps'> {
  readonly vrrp: InstanceStatus
  /** Its own, and those of the node. */
  readonly warnings: readonly string[]
  /** VRIDs that this node has, or has heard of others: whose they are, one elector counts for all. */
  readonly usedVrids: readonly number[]
}

const INSTANCE_RULES: readonly InstanceRule[] = [
  tracked,
  nobodyDirector,
  addressesNotHeld,
  dualMaster,
  foreignRouters,
  discardedNow,
  discardedOnce,
  waiting,
]

/** All rules about the election, for each virtual router. */
export const VRRP_RULES: readonly FindingRule[] = INSTANCE_RULES.map(
  (rule) =>
    ({ status }) =>
      ofEach(rule, status),
)

/** Of several virtual routers each finding and its evidence are told with the name, as the status words their warnings. */
function ofEach(rule: InstanceRule, { instances, warnings }: GatewayStatus): readonly Finding[] {
  const named = new Set(instances.flatMap(({ name, warnings: own }) => own.map((warning) => `${name}: ${warning}`)))
  const common = warnings.filter((warning) => !named.has(warning))
  const usedVrids = instances.flatMap(({ virtualRouterId, vridsHeard }) => [virtualRouterId, ...vridsHeard])
  return instances.flatMap((vrrp) => {
    const { name, role, virtualIps } = vrrp
    if (instances.length === 1) return rule({ vrrp, role, virtualIps, warnings, usedVrids })
    const found = rule({ vrrp, role, virtualIps, warnings: [...vrrp.warnings, ...common], usedVrids })
    return found.map((finding) => ({
      ...finding,
      what: `${name}: ${finding.what}`,
      evidence: finding.evidence.map((fact) => (common.includes(fact) ? fact : `${name}: ${fact}`)),
    }))
  })
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

/** What is tracked has failed: no part in the election, or a lower priority. */
function tracked({ vrrp, warnings }: InstanceView): readonly Finding[] {
  return vrrp.tracking
    .filter(({ state }) => state === 'failed')
    .map(({ source, effect, reason }) => {
      const what = reason ?? `${source} has failed`
      const told = warnings.filter((warning) => warning.startsWith(`${what}: `))
      const setting = source.startsWith('script:') ? 'track.scripts' : `track.${source}`
      const advice = `mend it, or change ${setting}`
      return effect === 'fault'
        ? problem('fault', `${what}: this node takes no part in the election`, told, advice)
        : problem(
            'priority-lowered',
            `${what}: priority ${vrrp.effectivePriority} instead of ${vrrp.priority}`,
            told,
            advice,
          )
    })
}

function nobodyDirector({ role, vrrp }: InstanceView): readonly Finding[] {
  if (role === 'director' || vrrp.masterIp !== null || vrrp.state === 'FAULT') return []
  const evidence = [`VRRP is in ${vrrp.state}, and no advert for VRID ${vrrp.virtualRouterId} was taken of late`]
  const advice =
    'a director is elected within a few seconds of a start or a failure; if this stays so, look at the interface and at "proxyha events"'
  return [problem('no-director', 'no director is known here', evidence, advice)]
}

function addressesNotHeld({ role, virtualIps, warnings }: InstanceView): readonly Finding[] {
  const missing = virtualIps.filter(({ held }) => !held).map(({ address }) => address)
  if (role !== 'director' || missing.length === 0) return []
  const why = warnings.filter((warning) => missing.some((address) => warning.includes(address)))
  const evidence = [`not on the interface: ${missing.join(', ')}`, ...why]
  return [
    problem(
      'not-held',
      'this node is director without all virtual IPs',
      evidence,
      'see "proxyha events" for what the kernel said',
    ),
  ]
}

function dualMaster({ vrrp, warnings }: InstanceView): readonly Finding[] {
  return vrrp.rivals.map((rival) => {
    const told = warnings.filter((warning) => warning.startsWith(`two directors: ${rival.address} `))
    return problem(
      'dual-master',
      `two directors: ${rival.address} advertises beside this node`,
      [rivalText(vrrp, rival), ...told],
      `let the adverts of this node reach ${rival.address}: IP protocol 112 to 224.0.0.18 (filters there, IGMP snooping of the switch), or use vrrp.unicastPeers on all nodes`,
    )
  })
}

function rivalText(vrrp: VrrpStatus, { priority, adverts, forMs, lastHeardMs }: Rival): string {
  return `it has priority ${priority}, this node ${vrrp.effectivePriority}: it has to give way, and has sent ${adverts} adverts over ${seconds(forMs)}, the last ${seconds(lastHeardMs)} ago`
}

function foreignRouters({ vrrp, virtualIps, warnings, usedVrids }: InstanceView): readonly Finding[] {
  const ours = new Set(virtualIps.map(({ address }) => address))
  return vrrp.foreignRouters.map((router) => {
    const told = warnings.filter((warning) => warning.includes(`${router.address} (priority`))
    const sharesAddress = router.virtualIps.some((virtualIp) => ours.has(virtualIp))
    const who = `${router.address} advertises VRID ${vrrp.virtualRouterId}`
    return problem(
      'foreign-vrid',
      sharesAddress ? `${who} with other settings than this node` : `${who} for other virtual IPs`,
      [foreignText(router), ...told],
      sharesAddress
        ? `make ${router.differs.join(', ')} the same on all nodes of the group`
        : `give one of both groups another virtualRouterId, on all of its nodes: ${suggestion(vrrp, usedVrids)}`,
    )
  })
}

function foreignText({
  version,
  priority,
  advertIntervalMs,
  authenticated,
  virtualIps,
  differs,
  lastHeardMs,
}: ForeignRouter): string {
  const authentication = authenticated ? ', with authentication' : ''
  return `version ${version}, priority ${priority}, every ${advertIntervalMs} ms${authentication}, virtual IPs ${virtualIps.join(' ')}; differs in ${differs.join(', ')}; heard ${seconds(lastHeardMs)} ago`
}

function suggestion({ virtualRouterId }: VrrpStatus, usedVrids: readonly number[]): string {
  const free = freeVrids(usedVrids, virtualRouterId).slice(0, 3)
  return free.length === 0 ? 'all are in use' : `${free.join(', ')} were not heard in the last five minutes`
}

function discardedNow({ vrrp, warnings }: InstanceView): readonly Finding[] {
  return warnings
    .filter((warning) => warning.startsWith('discarded an advert of '))
    .map((warning) =>
      problem(
        'adverts-discarded',
        'adverts are discarded',
        [warning, discardedText(vrrp)],
        'mend it at their sender; until then this node does not know it as a router of the group',
      ),
    )
}

/** Nothing is wrong by now, but it may explain what was. */
function discardedOnce({ vrrp, warnings }: InstanceView): readonly Finding[] {
  const isNow =
    vrrp.foreignRouters.length > 0 || warnings.some((warning) => warning.startsWith('discarded an advert of '))
  if (isNow || discardedAdverts(vrrp).length === 0) return []
  return [
    note(
      'adverts-were-discarded',
      'adverts were discarded, but not in the last minute',
      [discardedText(vrrp)],
      'nothing',
    ),
  ]
}

const discardedText = (vrrp: VrrpStatus): string => `since the start, by reason: ${discardedAdverts(vrrp).join(', ')}`

/** Why a node of higher priority is not director, where that is as it should be. */
function waiting({ vrrp, warnings }: InstanceView): readonly Finding[] {
  const findings: Finding[] = []
  if (vrrp.yielding) {
    const told = warnings.filter((warning) => warning.startsWith('stepped down'))
    const director = `the present director is ${vrrp.masterIp ?? 'not known'}, priority ${vrrp.masterPriority ?? 'not known'}; this node has ${vrrp.effectivePriority}`
    const advice = 'to have it back, run "proxyha failover" on the present director'
    findings.push(
      note('yielding', 'this node has stepped down and leaves the director alone', [director, ...told], advice),
    )
  }
  if (vrrp.holdOffMs !== null) {
    const evidence = [`for ${seconds(vrrp.holdOffMs)} at most (vrrp.holdOff)`]
    findings.push(
      note(
        'hold-off',
        "this node has just started, and waits for the director's table before it preempts",
        evidence,
        'wait',
      ),
    )
  }
  if (vrrp.handOver?.outcome === 'underWay') {
    findings.push(note('hand-over', 'a hand-over is under way', ['priority 0 was sent'], 'wait'))
  }
  return findings
}
