import { describe, expect, it } from 'vitest'
import { free } from '../../../loadtest/chaos/costs.ts'
import { violationsOf } from '../../../loadtest/chaos/invariants/all.ts'
import { BOUNDS } from '../../../loadtest/chaos/invariants/bounds.ts'
import type { RoundSeen } from '../../../loadtest/chaos/observations.ts'
import type { FreshFailure, Loss } from '../../../loadtest/chaos/traffic/report.ts'
import { APPLIED_MS, HEALED_MS, laid, round } from './rounds.ts'

const violated = (seen: RoundSeen): readonly string[] => violationsOf(seen).map(({ invariant }) => invariant)

const loss = (node: string, toldMs: number, failure = 'ECONNRESET'): Loss => ({
  kind: 'download',
  client: '10.40.1.1',
  node,
  failure,
  beganMs: 0,
  aliveMs: toldMs - 100,
  toldMs,
})

const failed = (beganMs: number, failure = 'ECONNREFUSED'): FreshFailure => ({
  client: '10.40.1.9',
  node: '',
  failure,
  beganMs,
  toldMs: beganMs + 5,
})

it('a round in which nothing went wrong violates nothing', () => {
  expect(violationsOf(round())).toEqual([])
})

describe('content', () => {
  it('an answer that is another one is wrong, whatever the faults may cost', () => {
    const faults = [laid({ ends: 'all', keepsOut: 'throughout' })]
    expect(violated(round({ faults, losses: [loss('node1', 12_000, 'wrong: byte 7 of download 3')] }))).toEqual([
      'content',
    ])
    expect(violated(round({ faults, failures: [failed(12_000, 'wrong: "node1 4" instead of "... 5"')] }))).toEqual([
      'content',
    ])
  })
})

describe('kept connections', () => {
  it('do not end where nothing happened', () => {
    expect(violated(round({ faults: [laid({ ends: 'node' })], losses: [loss('node2', 12_000)] }))).toEqual([
      'kept connections',
    ])
    expect(violated(round({ faults: [laid()], losses: [loss('node1', 12_000)] }))).toEqual(['kept connections'])
  })

  it('may end at the node of a fault while it lasts, and not before or long after', () => {
    const faults = [laid({ ends: 'node' })]
    expect(violated(round({ faults, losses: [loss('node1', 12_000)] }))).toEqual([])
    expect(violated(round({ faults, losses: [loss('node1', APPLIED_MS - 500)] }))).toEqual(['kept connections'])
    expect(violated(round({ faults, losses: [loss('node1', 25_000)] }))).toEqual(['kept connections'])
  })

  it('may end anywhere by a fault of all', () => {
    expect(violated(round({ faults: [laid({ ends: 'all' })], losses: [loss('node2', 12_000)] }))).toEqual([])
  })

  it('end in workers mode with whoever leads, or with a virtual IP that moves', () => {
    const losses = [loss('node2', 12_000)]
    expect(violated(round({ mode: 'workers', faults: [laid({ ends: 'node' }, {}, 0)], losses }))).toEqual([])
    expect(violated(round({ mode: 'workers', faults: [laid({ movesVip: true })], losses }))).toEqual([])
    expect(violated(round({ mode: 'workers', faults: [laid({ ends: 'node' })], losses }))).toEqual(['kept connections'])
    expect(violated(round({ faults: [laid({ movesVip: true })], losses }))).toEqual(['kept connections'])
  })
})

describe('new connections', () => {
  it('are answered where a fault keeps nobody out', () => {
    expect(violated(round({ failures: [failed(12_000)] }))).toEqual(['new connections'])
  })

  it('may fail until a fault is noticed, and no longer', () => {
    const faults = [laid({ keepsOut: 'briefly' }, { healedMs: 40_000 })]
    const times = { faults, settledMs: 42_000, cleanMs: 42_000, endedMs: 60_000 }
    expect(violated(round({ ...times, failures: [failed(APPLIED_MS + 1000)] }))).toEqual([])
    expect(violated(round({ ...times, failures: [failed(30_000)] }))).toEqual(['new connections'])
    expect(violated(round({ ...times, failures: [failed(41_000)] }))).toEqual([])
  })

  it('may fail all along by a fault that keeps them out throughout, and not once the group is at rest', () => {
    const faults = [laid({ keepsOut: 'throughout' })]
    expect(violated(round({ faults, failures: [failed(HEALED_MS - 100)] }))).toEqual([])
    expect(violated(round({ faults, failures: [failed(21_000)] }))).toEqual(['new connections'])
  })
})

describe('one holder', () => {
  const both = (fromMs: number, toMs: number) =>
    round().holders.map(({ atMs }) => ({
      atMs,
      hosts: atMs >= fromMs && atMs <= toMs ? ['node0', 'node1'] : ['node0'],
    }))

  it('two for longer than it takes to give way are one too many', () => {
    expect(violated(round({ holders: both(11_000, 13_000) }))).toEqual(['one holder'])
    expect(violated(round({ holders: both(11_000, 12_000) }))).toEqual([])
  })

  it('a node that is cut off is counted apart, and of a group that is torn nobody is', () => {
    expect(violated(round({ holders: both(11_000, 13_000), faults: [laid({ divides: 'node' })] }))).toEqual([])
    expect(violated(round({ holders: both(11_000, 13_000), faults: [laid({ divides: 'node' }, {}, 2)] }))).toEqual([
      'one holder',
    ])
    expect(violated(round({ holders: both(11_000, 13_000), faults: [laid({ divides: 'group' }, {}, 2)] }))).toEqual([])
    expect(violated(round({ holders: both(21_000, 23_000), faults: [laid({ divides: 'group' })] }))).toEqual([
      'one holder',
    ])
  })
})

describe('adverts', () => {
  const advert = (atMs: number, priority = 89) => ({ atMs, host: 'node1', priority })

  it('go on from who has the virtual IP', () => {
    expect(violated(round({ adverts: [advert(12_100), advert(12_600)] }))).toEqual(['adverts'])
    expect(violated(round({ adverts: [advert(12_100), advert(12_600, 0)] }))).toEqual([])
    expect(violated(round({ adverts: [advert(12_100), advert(15_000)] }))).toEqual([])
  })

  it('of a moment are of who had it between two looks', () => {
    expect(violated(round({ adverts: [advert(12_100)] }))).toEqual([])
    expect(violated(round({ adverts: [advert(12_100), advert(12_140)] }))).toEqual([])
  })

  it('of whoever has taken it over are right', () => {
    const holders = round().holders.map(({ atMs }) => ({ atMs, hosts: [atMs < 12_500 ? 'node0' : 'node1'] }))
    const faults = [laid({ movesVip: true })]
    expect(violated(round({ faults, holders, adverts: [advert(12_450), advert(12_950)] }))).toEqual([])
    expect(violated(round({ faults, holders, adverts: [advert(11_000), advert(11_500)] }))).toEqual(['adverts'])
  })
})

describe('the virtual IP stays', () => {
  const holders = round().holders.map(({ atMs }) => ({ atMs, hosts: [atMs < 12_500 ? 'node0' : 'node1'] }))

  it('where no fault may move it', () => {
    expect(violated(round({ holders, adverts: [] }))).toEqual(['the virtual IP stays'])
    expect(violated(round({ holders, adverts: [], faults: [laid({ movesVip: true })] }))).toEqual([])
    const later = laid({ movesVip: true }, { appliedMs: 13_000 })
    expect(violated(round({ holders, adverts: [], faults: [later] }))).toEqual(['the virtual IP stays'])
  })
})

describe('sticky clients', () => {
  const wallMs = Date.parse('2026-11-01T12:00:00Z')
  const moves = [{ client: '10.40.1.9', from: 'node1', to: 'node2', atMs: 12_000, wallMs }]
  const entry = (kind: 'nodeMissing' | 'director' | 'announce', node: string, agoMs: number) => ({
    id: 1,
    at: new Date(wallMs - agoMs).toISOString(),
    node,
    address: null,
    kind,
    words: '',
    level: 'info' as const,
    by: null,
  })

  it('move for a reason that the timeline gives', () => {
    expect(violated(round({ moves }))).toEqual(['sticky clients'])
    expect(violated(round({ moves, timeline: [entry('nodeMissing', 'node1', 3000)] }))).toEqual([])
    expect(violated(round({ moves, timeline: [entry('nodeMissing', 'node0', 3000)] }))).toEqual(['sticky clients'])
    expect(violated(round({ moves, timeline: [entry('director', 'node0', 3000)] }))).toEqual([])
    expect(violated(round({ moves, timeline: [entry('announce', 'node1', 3000)] }))).toEqual(['sticky clients'])
    expect(violated(round({ moves, timeline: [entry('nodeMissing', 'node1', 60_000)] }))).toEqual(['sticky clients'])
  })

  it('are where the director says that they are', () => {
    const whereabouts = [{ client: '10.40.1.1', told: 'node1', reason: 'pin', answered: 'node2' }]
    expect(violated(round({ whereabouts }))).toEqual(['which'])
  })
})

describe('the doctor', () => {
  const naming = { codes: ['node-stale'], by: 'another', withinMs: 4000 } as const
  const finding = { code: 'node-stale', level: 'warning', text: '' } as const
  const verdicts = (host: string, atMs: number) =>
    round().verdicts.map((verdict) =>
      verdict.host === host && verdict.atMs >= atMs && verdict.atMs < HEALED_MS
        ? { ...verdict, findings: [finding] }
        : verdict,
    )

  it('names a fault that lasts, where it can be seen', () => {
    const faults = [laid({}, { naming })]
    expect(violated(round({ faults }))).toEqual(['the doctor names it'])
    expect(violated(round({ faults, verdicts: verdicts('node0', 13_000) }))).toEqual([])
    expect(violated(round({ faults, verdicts: verdicts('node1', 13_000) }))).toEqual(['the doctor names it'])
  })

  it('need not name what is over sooner, or what another fault hides', () => {
    expect(violated(round({ faults: [laid({}, { naming: { ...naming, withinMs: 6000 } })] }))).toEqual([])
    expect(violated(round({ faults: [laid({}, { naming }), laid({}, {}, 2)] }))).toEqual([])
  })

  it('is content after a while', () => {
    expect(violated(round({ cleanMs: null }))).toEqual(['the doctor is content'])
    expect(violated(round({ complaints: ['proxyha doctor on node1 ended with 1'] }))).toEqual(['the doctor is content'])
  })

  it('answers where nothing happened', () => {
    const silent = (host: string) =>
      round().verdicts.map((verdict) =>
        verdict.host === host && verdict.atMs >= APPLIED_MS && verdict.atMs < HEALED_MS
          ? { ...verdict, findings: null }
          : verdict,
      )
    expect(violated(round({ verdicts: silent('node2') }))).toEqual(['the doctor answers'])
    expect(violated(round({ verdicts: silent('node1') }))).toEqual([])
  })
})

describe('bounds', () => {
  it.each(['residentBytes', 'files', 'threads'] as const)('of %s', (figure) => {
    const usages = [{ ...round().usages[0]!, [figure]: BOUNDS[figure] + 1 }]
    expect(violated(round({ usages }))).toEqual(['bounds'])
  })

  it('of elements', () => {
    expect(violated(round({ elements: [{ host: 'node2', elements: BOUNDS.elements + 1 }] }))).toEqual(['bounds'])
  })
})

describe('a round', () => {
  it('ends no gateway, but by a fault that may', () => {
    const exits = [{ host: 'node1', code: 70, atMs: 12_000 }]
    expect(violated(round({ exits }))).toEqual(['gateways live'])
    expect(violated(round({ exits, faults: [laid({ ...free, endsGateway: true })] }))).toEqual([])
    expect(violated(round({ exits, faults: [laid({ endsGateway: true }, {}, 2)] }))).toEqual(['gateways live'])
  })

  it('comes to rest, and is played as it was planned', () => {
    expect(violated(round({ settledMs: null, cleanMs: null }))).toEqual(['comes to rest'])
    expect(violated(round({ obstacles: ['it could not be laid'] }))).toEqual(['the plan'])
  })

  it('tells of many violations of a kind by the first ones', () => {
    const failures = Array.from({ length: 40 }, (_, index) => failed(12_000 + index))
    const told = violationsOf(round({ failures }))
    expect(told).toHaveLength(5)
    expect(told.at(-1)?.seen).toMatch(/and 35 more of the kind$/)
  })
})
