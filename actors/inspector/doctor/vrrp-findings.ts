/** What the election has to say to the doctor. */

import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import type { WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import { freeVrids } from '../../../runtime/wire/free-vrids.ts'
import type { ForeignRouter, Rival, VrrpStatus } from '../../elector/messages.ts'
import type { Finding, InstanceStatus } from '../messages.ts'
import type { ToldWarning } from '../warnings.ts'
import { discardedAdverts } from './discarded-adverts.ts'
import { type FindingRule, failure, note, type Observed, problem } from './findings.ts'

/** A rule about one virtual router: of the status it sees that one's part only. */
type InstanceRule = (instance: InstanceView) => readonly Finding[]

interface InstanceView extends Pick<InstanceStatus, 'role' | 'virtualIps'> {
  readonly vrrp: InstanceStatus
  /** Its own, and those of the node. */
  readonly warnings: readonly ToldWarning[]
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
export const VRRP_RULES: readonly FindingRule[] = INSTANCE_RULES.map((rule) => (observed) => ofEach(rule, observed))

/** Of several virtual routers each finding and its evidence are told with the name, as the status words their warnings. */
function ofEach(rule: InstanceRule, { status: { instances }, warnings: all }: Observed): readonly Finding[] {
  const worded = new Set(textsOf(all))
  const usedVrids = instances.flatMap(({ virtualRouterId, vridsHeard }) => [virtualRouterId, ...vridsHeard])
  return instances.flatMap((vrrp) => {
    const { name, role, virtualIps } = vrrp
    const warnings = all.filter(({ instance }) => instance === null || instance === name)
    const found = rule({ vrrp, role, virtualIps, warnings, usedVrids })
    if (instances.length === 1) return found
    return found.map((finding) => ({
      ...finding,
      about: finding.about ?? name,
      text: `${name}: ${finding.text}`,
      evidence: finding.evidence.map((fact) => (worded.has(fact) ? fact : `${name}: ${fact}`)),
    }))
  })
}

/** The sentences of the warnings that have that code and are about that; null: whatever they are about. */
const told = (warnings: readonly ToldWarning[], code: WarningCode, about: string | null = null): readonly string[] =>
  textsOf(warnings.filter((one) => one.code === code && (about === null || one.about === about)))

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

/** What is tracked has failed: no part in the election, or a lower priority. */
function tracked({ vrrp, warnings }: InstanceView): readonly Finding[] {
  return vrrp.tracking
    .filter(({ state }) => state === 'failed')
    .map(({ source, effect, reason }) => {
      const what = reason ?? `${source} has failed`
      const setting = source.startsWith('script:') ? 'track.scripts' : `track.${source}`
      const advice = `mend it, or change ${setting}`
      const about = { about: source }
      if (effect === 'fault') {
        const text = `${what}: this node takes no part in the election`
        return problem('fault', text, told(warnings, 'fault', source), advice, about)
      }
      const text = `${what}: priority ${vrrp.effectivePriority} instead of ${vrrp.priority}`
      return problem('priority-lowered', text, told(warnings, 'priority-lowered', source), advice, about)
    })
}

function nobodyDirector({ role, vrrp }: InstanceView): readonly Finding[] {
  if (role === 'director' || vrrp.masterIp !== null || vrrp.state === 'FAULT') return []
  const evidence = [`VRRP is in ${vrrp.state}, and no advert for VRID ${vrrp.virtualRouterId} was taken of late`]
  const advice =
    'a director is elected within a few seconds of a start or a failure; if this stays so, look at the interface and at "proxyha events"'
  return [failure('no-director', 'no director is known here', evidence, advice)]
}

function addressesNotHeld({ role, virtualIps, warnings }: InstanceView): readonly Finding[] {
  const missing = virtualIps.filter(({ held }) => !held).map(({ address }) => address)
  if (role !== 'director' || missing.length === 0) return []
  const why = textsOf(warnings.filter(({ about }) => about !== null && missing.includes(about)))
  const evidence = [`not on the interface: ${missing.join(', ')}`, ...why]
  return [
    failure(
      'not-held',
      'this node is director without all virtual IPs',
      evidence,
      'see "proxyha events" for what the kernel said',
    ),
  ]
}

function dualMaster({ vrrp, warnings }: InstanceView): readonly Finding[] {
  return vrrp.rivals.map((rival) => {
    const { address } = rival
    return failure(
      'dual-master',
      `two directors: ${address} advertises beside this node`,
      [rivalText(vrrp, rival), ...told(warnings, 'dual-master', address)],
      `let the adverts of this node reach ${address}: IP protocol 112 to 224.0.0.18 (filters there, IGMP snooping of the switch), or use vrrp.unicastPeers on all nodes`,
      { about: address },
    )
  })
}

function rivalText(vrrp: VrrpStatus, { priority, adverts, forMs, lastHeardMs }: Rival): string {
  return `it has priority ${priority}, this node ${vrrp.effectivePriority}: it has to give way, and has sent ${adverts} adverts over ${seconds(forMs)}, the last ${seconds(lastHeardMs)} ago`
}

function foreignRouters({ vrrp, virtualIps, warnings, usedVrids }: InstanceView): readonly Finding[] {
  const ours = new Set(virtualIps.map(({ address }) => address))
  return vrrp.foreignRouters.map((router) => {
    const sharesAddress = router.virtualIps.some((virtualIp) => ours.has(virtualIp))
    const who = `${router.address} advertises VRID ${vrrp.virtualRouterId}`
    return problem(
      'foreign-vrid',
      sharesAddress ? `${who} with other settings than this node` : `${who} for other virtual IPs`,
      [foreignText(router), ...told(warnings, 'foreign-vrid', router.address)],
      sharesAddress
        ? `make ${router.differs.join(', ')} the same on all nodes of the group`
        : `give one of both groups another virtualRouterId, on all of its nodes: ${suggestion(vrrp, usedVrids)}`,
      { about: router.address },
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
    .filter(({ code }) => code === 'adverts-discarded')
    .map(({ code, about, text, advice }) =>
      problem(code, 'adverts are discarded', [text, discardedText(vrrp)], advice, about === null ? {} : { about }),
    )
}

/** Nothing is wrong by now, but it may explain what was. */
function discardedOnce({ vrrp, warnings }: InstanceView): readonly Finding[] {
  const isNow = vrrp.foreignRouters.length > 0 || warnings.some(({ code }) => code === 'adverts-discarded')
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
    const director = `the present director is ${vrrp.masterIp ?? 'not known'}, priority ${vrrp.masterPriority ?? 'not known'}; this node has ${vrrp.effectivePriority}`
    const advice = 'to have it back, run "proxyha failover" on the present director'
    findings.push(
      note(
        'yielding',
        'this node has stepped down and leaves the director alone',
        [director, ...told(warnings, 'yielding')],
        advice,
      ),
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
