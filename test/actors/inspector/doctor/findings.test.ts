import { describe, expect, test } from 'vitest'
import { describeElector } from '../../../../actors/elector/description.ts'
import { diagnose } from '../../../../actors/inspector/doctor/findings.ts'
import { NODE_RULES } from '../../../../actors/inspector/doctor/node-findings.ts'
import { VRRP_RULES } from '../../../../actors/inspector/doctor/vrrp-findings.ts'
import type { Finding, InstanceStatus, NodeStatus } from '../../../../actors/inspector/messages.ts'
import { type Warning, warning } from '../../../../runtime/actor-system/inspection/warning.ts'
import { Bench, OTHER, OWN, VIP, v2, v3 } from '../../elector/bench.ts'
import { instanceOf, nodeOf, observedOf, type SeenStatus, statusOf } from './observed.ts'

const find = (status: SeenStatus): readonly Finding[] => diagnose(observedOf(status), [...VRRP_RULES, ...NODE_RULES])
const codes = (status: SeenStatus): readonly string[] => find(status).map(({ code }) => code)
const director = () => new Bench(v2).promoted()
const backup = () => new Bench(v2).started().hear({ priority: 150 })

describe('nothing is found', () => {
  test('on a director and on a node that follows one', () => {
    expect(find(statusOf(director()))).toEqual([])
    expect(find(statusOf(backup()))).toEqual([])
  })

  test('of other virtual routers, and of our own adverts that come back', () => {
    const bench = director().hear({ virtualRouterId: 7 }).hear({ source: OWN })
    expect(bench.counter('discarded.vrid') + bench.counter('discarded.ownLoop')).toBe(2)
    expect(find(statusOf(bench))).toEqual([])
  })
})

describe('of several virtual routers', () => {
  /** Two, the first as it should be, with the warnings worded as the status words them. */
  function twoOf(troubled: Bench, change: Partial<InstanceStatus> = {}, common: readonly Warning[] = []): SeenStatus {
    const [healthy, second] = [instanceOf(director(), 'VI_51'), instanceOf(troubled, 'web', change)]
    const own = describeElector(troubled.state, troubled.nowMs).warnings.map((one) => {
      return { ...one, text: `web: ${one.text}`, instance: 'web' }
    })
    const told = [...own, ...common.map((one) => ({ ...one, instance: null }))]
    return { ...statusOf(director()), instances: [healthy, second], told }
  }

  test('nothing is found where both are as they should be', () => {
    expect(find(twoOf(backup()))).toEqual([])
  })

  test('a finding is told with the name of the one it is about, and each warning once', () => {
    const bench = director()
    for (let advert = 0; advert < 3; advert++) bench.hear({ priority: 50 }, 1000).confirm()
    const [finding, ...others] = find(twoOf(bench))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'dual-master',
      text: `web: two directors: ${OTHER} advertises beside this node`,
      evidence: [expect.stringMatching(/^web: it has priority 50/), expect.stringMatching(/^web: two directors/)],
    })
  })

  test('a warning of the node may be the evidence too, as it stands', () => {
    const text = `${VIP} is held by 02:00:00:00:00:09, which is no VRRP master`
    const stranger = warning('vip-held-by-stranger', VIP, text)
    const missing = { virtualIps: [{ address: VIP, held: false }] }
    expect(find(twoOf(director(), missing, [stranger]))).toMatchObject([
      { code: 'not-held', evidence: [`web: not on the interface: ${VIP}`, text] },
    ])
  })

  test('a VRID that this node has itself, or that its first elector has heard, is none that is free', () => {
    const status = twoOf(director().hear({ addresses: ['10.10.74.99'] }), { virtualRouterId: 50 })
    const first = instanceOf(director().hear({ virtualRouterId: 53 }), 'VI_51')
    const [finding] = find({ ...status, instances: [first, ...status.instances.slice(1)] })
    expect(finding).toMatchObject({
      code: 'foreign-vrid',
      advice: expect.stringMatching(/: 52, 54, 55 were not heard/),
    })
  })
})

describe('the election', () => {
  test('two directors: who, why that one has to give way, and what is told of it once', () => {
    const bench = director()
    for (let advert = 0; advert < 3; advert++) bench.hear({ priority: 50 }, 1000).confirm()
    const [finding, ...others] = find(statusOf(bench))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'dual-master',
      level: 'failure',
      text: `two directors: ${OTHER} advertises beside this node`,
      evidence: [
        'it has priority 50, this node 100: it has to give way, and has sent 3 adverts over 2 s, the last 0 s ago',
        expect.stringContaining('two directors'),
      ],
      advice: expect.stringContaining('IP protocol 112'),
    })
  })

  test('our VRID with other virtual IPs: three VRIDs that are free', () => {
    const bench = director()
      .hear({ virtualRouterId: 52 })
      .hear({ priority: 150, addresses: ['10.9.0.1'] })
    const [finding, ...others] = find(statusOf(bench))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'foreign-vrid',
      text: `${OTHER} advertises VRID 51 for other virtual IPs`,
      advice: expect.stringContaining('53, 54, 55 were not heard'),
    })
    expect(finding?.evidence[0]).toContain('version 2, priority 150, every 1000 ms, virtual IPs 10.9.0.1')
  })

  test('our VRID and virtual IPs with another version: what is to be made the same', () => {
    const [finding, ...others] = find(statusOf(new Bench(v3).promoted().hear({ version: 2, priority: 9 })))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'foreign-vrid',
      text: `${OTHER} advertises VRID 51 with other settings than this node`,
      advice: 'make version the same on all nodes of the group',
    })
  })

  test('adverts that are discarded now are a problem, a minute later a note', () => {
    const bench = director().hear({ ip: { ttl: 254 } })
    expect(find(statusOf(bench))).toMatchObject([
      { code: 'adverts-discarded', evidence: [expect.stringContaining('TTL'), 'since the start, by reason: ttl 1'] },
    ])
    bench.nowMs += 60_000
    expect(find(statusOf(bench))).toMatchObject([{ code: 'adverts-were-discarded', level: 'note' }])
  })

  test('what is tracked and has failed: no part in the election, or a lower priority', () => {
    const failed = {
      type: 'track',
      source: 'portMonitor',
      state: 'failed',
      reason: 'port 2121 is not listening',
    } as const
    const track = { interface: 'off', portMonitor: 'fault', gateway: 'off' } as const
    const fault = new Bench({ ...v2, track }).promoted().feed(failed)
    const [finding, ...others] = find(statusOf(fault))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'fault',
      text: 'port 2121 is not listening: this node takes no part in the election',
      advice: 'mend it, or change track.portMonitor',
    })
    const lowered = new Bench({ ...v2, track: { ...track, portMonitor: -20 } }).promoted().feed(failed)
    expect(find(statusOf(lowered))).toMatchObject([
      { code: 'priority-lowered', text: 'port 2121 is not listening: priority 80 instead of 100' },
    ])
  })

  test('nobody is director', () => {
    expect(codes(statusOf(new Bench(v2).started()))).toEqual(['no-director'])
    expect(codes(statusOf(new Bench(v2)))).toEqual(['no-director'])
  })

  test('a director without its virtual IP, with what the announcer says of that', () => {
    const virtualIps = [{ address: VIP, held: false }]
    const refused = warning('vip-refused', VIP, `cannot hold ${VIP}: EPERM`)
    expect(find(statusOf(director(), { virtualIps }, [refused]))).toMatchObject([
      { code: 'not-held', level: 'failure', evidence: [`not on the interface: ${VIP}`, refused.text] },
    ])
  })

  test('two nodes of one priority', () => {
    expect(codes(statusOf(new Bench(v2).started().hear({ priority: 100 })))).toEqual(['same-priority'])
  })

  test('a node that has stepped down: a note, with how to have it back', () => {
    const bench = director().feed({ type: 'stepDown' })
    expect(find(statusOf(bench))).toMatchObject([{ code: 'hand-over', level: 'note' }])
    const [finding, ...others] = find(statusOf(bench.hear({ priority: 50 }, 600)))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'yielding',
      level: 'note',
      evidence: [
        `the present director is ${OTHER}, priority 50; this node has 100`,
        expect.stringContaining('stepped'),
      ],
      advice: expect.stringContaining('proxyha failover'),
    })
  })

  test('a node that is held off after its start: a note', () => {
    const bench = new Bench({ ...v2, holdOffMs: 5000 }).started().hear({ priority: 50 }, 3000).expire('masterDown')
    expect(find(statusOf(bench))).toMatchObject([
      { code: 'hold-off', level: 'note', evidence: ['for 1.4 s at most (vrrp.holdOff)'] },
    ])
  })
})

describe('the nodes', () => {
  test('a proxy that does not listen, by port', () => {
    const ports = [{ port: 3128, listening: false, problem: 'is not listening' }]
    expect(find(statusOf(director(), { monitor: { state: 'failure', ports } }))).toMatchObject([
      { code: 'proxy-ports', evidence: ['port 3128 is not listening'] },
    ])
  })

  test('others in failure or stale; one that drains is as its operator wants it', () => {
    const others = [
      nodeOf('10.0.0.1', { state: 'failure', failedPorts: [3128, 443] }),
      nodeOf('10.0.0.2', { state: 'stale', lastSeenMs: 9000 }),
    ]
    const nodes = [...others, nodeOf('10.0.0.3', { state: 'draining' })]
    expect(find(statusOf(director(), { nodes }))).toMatchObject([
      {
        code: 'node-failure',
        text: 'node-1 (10.0.0.1) takes no traffic',
        evidence: ['it has failed; last heard 0 s ago', 'its proxy fails on port 3128, 443'],
      },
      { code: 'node-stale', evidence: ['it is silent; last heard 9 s ago'] },
    ])
  })

  const SINCE = '2026-01-31T12:00:00Z'
  const missingWarning = (name: string, address: string) =>
    warning(
      'node-stale',
      address,
      `${name} (${address}) is missing since ${SINCE}: does its host run, and proxyha on it? If it is not to come back: proxyha forget ${address}`,
    )
  const missing = { state: 'stale', missing: true, missingSince: SINCE } as const

  test('a node that is missing, with how to forget it; one that left in order is none', () => {
    const said = missingWarning('node-1', '10.0.0.1')
    const gone = nodeOf('10.0.0.1', { ...missing, lastSeenMs: 7_200_000 })
    const nodes = [gone, nodeOf('10.0.0.2', { state: 'stale', left: true }), nodeOf('10.0.0.3')]
    expect(find(statusOf(director(), { nodes }, [said]))).toMatchObject([
      {
        code: 'node-stale',
        level: 'warning',
        text: `node-1 (10.0.0.1) is missing since ${SINCE}: the group is one node less`,
        evidence: ['it is silent; last heard 7200 s ago', said.text],
        advice: expect.stringContaining('proxyha forget 10.0.0.1'),
      },
    ])
    // Where the node itself is not known, the warning is.
    expect(codes(statusOf(backup(), {}, [said]))).toEqual(['node-stale'])
  })

  test('a node that does not serve is one finding, with the warning of it', () => {
    const failed = warning('node-failure', '10.0.0.1', 'node-1 (10.0.0.1) has failed on port 3128')
    const said = [failed, missingWarning('node-2', '10.0.0.2')]
    const nodes = [nodeOf(OWN, { self: true }), nodeOf('10.0.0.1', { state: 'failure' }), nodeOf('10.0.0.2', missing)]
    expect(codes(statusOf(director(), { nodes }, said))).toEqual(['node-failure', 'node-stale'])
    expect(codes(statusOf(backup(), {}, said))).toEqual(['node-failure', 'node-stale'])
  })

  test('a director whose group is missing: a problem; where all others have left in order it is none', () => {
    const own = nodeOf(OWN, { self: true, director: true })
    const others = [nodeOf('10.0.0.1', missing), nodeOf('10.0.0.2', missing)]
    const said = others.map(({ name, address }) => missingWarning(name, address))
    const found = find(statusOf(director(), { nodes: [own, ...others] }, said))
    expect(found).toMatchObject([
      { code: 'node-stale' },
      { code: 'node-stale' },
      {
        code: 'alone',
        level: 'warning',
        text: 'this director is alone in a group of 3: it serves all clients itself',
        evidence: ['missing: node-1 (10.0.0.1), node-2 (10.0.0.2)', expect.stringContaining('no other node answers')],
      },
    ])
    const left = others.map(({ address }) => nodeOf(address, { state: 'stale', left: true }))
    expect(find(statusOf(director(), { nodes: [own, ...left] }))).toMatchObject([{ code: 'alone', level: 'note' }])
  })
})

describe('warnings that no rule explains', () => {
  test('is a finding as the actor words it, with its advice', () => {
    const said = warning('settings-differ', '10.0.0.2', 'setting redirects differs: 80->1 at saturn (10.0.0.2)')
    const { code, about, text, advice } = said
    expect(find(statusOf(director(), {}, [said]))).toEqual([
      { code, level: 'warning', about, text, evidence: [text], advice, since: null },
    ])
  })

  test('has the level of its code: what has mended itself is a note', () => {
    expect(find(statusOf(director(), {}, [warning('put-back', null, 'was it put back?')]))).toMatchObject([
      { code: 'put-back', level: 'note' },
    ])
  })

  test('failures come before warnings, and warnings before notes', () => {
    const bench = director().feed({ type: 'stepDown' })
    const said = [warning('flood', 'protocol 253', 'too many'), warning('two-directors', OTHER, 'two directors')]
    expect(codes(statusOf(bench, {}, said))).toEqual(['two-directors', 'flood', 'hand-over'])
  })
})

describe('beacons', () => {
  const scanning = statusOf(backup())
  const without = (...nodes: readonly NodeStatus[]) => ({ ...scanning, nodes: [nodeOf(OWN, { self: true }), ...nodes] })

  test('a director that VRRP names and no beacon: what was refused tells why', () => {
    const observed = observedOf(without())
    const counters = { 'discovery.wrongHmac': 37, 'discovery.looped': 9 }
    const [finding, ...others] = diagnose(
      { ...observed, diagnostics: { ...observed.diagnostics, counters } },
      NODE_RULES,
    )
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'director-without-beacons',
      level: 'warning',
      evidence: [expect.stringMatching(/is taken; refused since the start, by reason: wrongHmac 37$/)],
      advice: expect.stringContaining(OTHER),
    })
  })

  test('one that went stale is as silent', () => {
    expect(codes(without(nodeOf(OTHER, { state: 'stale', director: true })))).toEqual([
      'node-stale',
      'director-without-beacons',
    ])
  })

  test('a master of IPv6 is known by another address: nothing is said', () => {
    const instances = scanning.instances.map((one) => ({ ...one, family: 'ipv6', masterIp: 'fe80::1' }) as const)
    expect(codes({ ...scanning, instances })).toEqual([])
  })

  test('a director that knows nobody else: a note', () => {
    const only = nodeOf(OWN, { self: true, director: true })
    expect(find(statusOf(director(), { nodes: [only] }))).toMatchObject([{ code: 'alone', level: 'note' }])
  })
})

describe('shares', () => {
  test('a node with a low weight, and what loads it: a note', () => {
    const own = nodeOf(OWN, { self: true, director: true, activeConnections: 3 })
    const weightReason = 'capacity 100; overloaded (CPU 95 %): gets no new clients'
    const busy = nodeOf(OTHER, { weight: 0, weightReason, cpu: 0.95, activeConnections: 9 })
    expect(find(statusOf(director(), { nodes: [own, busy] }))).toMatchObject([
      {
        code: 'low-weight',
        level: 'note',
        text: `node-86 (${OTHER}) gets no new clients`,
        evidence: [`weight 0: ${weightReason}`, 'CPU 95 %, memory 10 %, 9 of 12 active connections'],
      },
    ])
  })

  test.each([
    ['has just joined', { slowStart: 0.2 }, /^wait: it has just joined/],
    ['is overloaded', { overloaded: true }, /^see what loads node-86; its weight rises by itself/],
    ['was overloaded', {}, /^it was overloaded; its weight rises by itself once node-86 is clearly less busy/],
    ['has an agent that wants it so, whatever else', { agent: 0.2, slowStart: 0.2 }, /^its agent wants it so/],
  ])('what to do where a node %s', (_, change, advice) => {
    const own = nodeOf(OWN, { self: true, director: true })
    const low = nodeOf(OTHER, { weight: 40, weightReason: 'because', ...change })
    expect(find(statusOf(director(), { nodes: [own, low] }))).toMatchObject([
      { code: 'low-weight', level: 'note', advice: expect.stringMatching(advice) },
    ])
  })

  test('a node that has just joined gets less, as long as it does', () => {
    const own = nodeOf(OWN, { self: true, director: true, weight: 256 })
    const found = (weight: number) =>
      find(
        statusOf(director(), { nodes: [own, nodeOf(OTHER, { weight, weightReason: 'slow start', slowStart: 0.8 })] }),
      )
    expect(found(200)).toMatchObject([{ code: 'low-weight', level: 'note', about: OTHER }])
    expect(found(256)).toEqual([])
  })

  test('a node in another mode, which nothing mends by itself: a problem, told once', () => {
    const own = nodeOf(OWN, { self: true, director: true, forwarding: 'kernel' })
    const other = nodeOf(OTHER, { weight: 0, slots: 0, weightReason: 'gets no clients: it is in workers mode' })
    const text = `setting forwarding differs: workers at node-86 (${OTHER}), kernel here`
    const kernel = { forwarding: 'kernel', nodes: [own, other] } as const
    expect(find(statusOf(director(), kernel, [warning('forwarding-differs', OTHER, text)]))).toMatchObject([
      {
        code: 'other-mode',
        level: 'warning',
        text: `node-86 (${OTHER}) gets no new clients: it is in workers mode, and this director in kernel mode`,
        evidence: ['forwarding: workers there, kernel here', text],
      },
    ])
  })

  test('a weight that is low by its capacity is nothing to tell', () => {
    const own = nodeOf(OWN, { self: true, director: true, capacity: 800 })
    expect(find(statusOf(director(), { nodes: [own, nodeOf(OTHER, { weight: 32 })] }))).toEqual([])
  })

  test('half of what the others get is nothing to tell', () => {
    const own = nodeOf(OWN, { self: true, director: true })
    expect(find(statusOf(director(), { nodes: [own, nodeOf(OTHER, { weight: 128 })] }))).toEqual([])
  })
})
