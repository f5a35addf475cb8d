import { describe, expect, test } from 'vitest'
import { Doctor } from '../../../../actors/inspector/doctor/doctor.ts'
import { VERDICT_CHARACTERS, verdictOf } from '../../../../actors/inspector/doctor/verdict.ts'
import type { InstanceStatus, NodeStatus } from '../../../../actors/inspector/messages.ts'
import { type Warning, warning } from '../../../../runtime/actor-system/inspection/warning.ts'
import { WARNINGS, type WarningCode } from '../../../../runtime/actor-system/inspection/warning-codes.ts'
import { Bench, VIP, v2 } from '../../elector/bench.ts'
import { nodeOf, observedOf, type SeenStatus, statusOf } from './observed.ts'

const NOW_MS = Date.parse('2026-01-31T12:00:00Z')
const [JUPITER, SATURN, URANUS] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const NAMES = new Map<string, string>([
  [JUPITER, 'jupiter'],
  [SATURN, 'saturn'],
  [URANUS, 'uranus'],
])

/** The group as one of its nodes sees it; jupiter leads. */
function seenAt(self: string, changes: Readonly<Record<string, Partial<NodeStatus>>> = {}): SeenStatus {
  const isDirector = self === JUPITER
  const bench = isDirector ? new Bench(v2).promoted() : new Bench(v2).started().hear({ priority: 150 })
  const nodes = [...NAMES].map(([address, name]) => {
    const own = { name, self: address === self, director: address === JUPITER, totalConnections: 7 }
    return nodeOf(address, { ...own, ...changes[address] })
  })
  const seen = statusOf(bench, { node: NAMES.get(self)!, nodes })
  const [instance] = seen.instances as readonly [InstanceStatus]
  return { ...seen, instances: [{ ...instance, masterIp: isDirector ? null : JUPITER }] }
}

const judge = (status: SeenStatus, said: readonly Warning[] = []) => {
  const told = [...status.told, ...said.map((one) => ({ ...one, instance: null }))]
  return new Doctor().examine(observedOf({ ...status, told }), NOW_MS).verdict
}
/** What each node says. */
const everywhere = (changes: Readonly<Record<string, Partial<NodeStatus>>>, said: readonly Warning[] = []) =>
  new Set([JUPITER, SATURN].map((self) => judge(seenAt(self, changes), said).text))

const missing = (ageMs: number): Partial<NodeStatus> => {
  const missingSince = new Date(NOW_MS - ageMs).toISOString()
  return { state: 'stale', missing: true, missingSince, lastSeenMs: ageMs }
}

describe('the verdict', () => {
  test('of a group that serves: who leads, and how many serve, the same on every node', () => {
    expect(everywhere({})).toEqual(new Set(['ok: jupiter leads, 3 of 3 nodes serve']))
  })

  test.each([
    [5000, '5 s'],
    [75_000, '1 min'],
    [3_600_000, '1 h'],
    [260_000_000, '3 days'],
  ])('of a node that is missing for %i ms is the same everywhere', (ageMs, age) => {
    const text = `warning: uranus is missing for ${age}; jupiter leads, 2 of 3 nodes serve`
    expect(everywhere({ [URANUS]: missing(ageMs) })).toEqual(new Set([text]))
    expect(judge(seenAt(SATURN, { [URANUS]: missing(ageMs) })).since).toBe(new Date(NOW_MS - ageMs).toISOString())
  })

  test('of a proxy that has failed is the same on its own node', () => {
    const failed = { state: 'failure', failedPorts: [3128] } as const
    const own = seenAt(URANUS, { [URANUS]: failed })
    const ports = [{ port: 3128, listening: false, problem: 'is not listening' }]
    const text = 'warning: uranus has failed on port 3128; jupiter leads, 2 of 3 nodes serve'
    expect(everywhere({ [URANUS]: failed })).toEqual(new Set([text]))
    expect(judge({ ...own, monitor: { state: 'failure', ports } }).text).toBe(text)
  })

  test('of several nodes names two, and counts more', () => {
    const two = { [SATURN]: missing(9000), [URANUS]: missing(7000) }
    expect(judge(seenAt(JUPITER, two)).text).toBe(
      'warning: saturn and uranus are missing; jupiter leads, 1 of 3 nodes serve',
    )
    const failed = { state: 'failure' } as const
    expect(judge(seenAt(SATURN, { [JUPITER]: failed, [URANUS]: failed })).text).toBe(
      'warning: jupiter and uranus have failed; jupiter leads, 1 of 3 nodes serve',
    )
  })

  test('of a group without a director is a failure that names the address', () => {
    const status = statusOf(new Bench(v2).started(), { nodes: seenAt(SATURN).nodes })
    expect(judge(status)).toMatchObject({ level: 'failure', text: `failure: nobody leads ${VIP}; 3 of 3 nodes serve` })
  })

  test('of a group in which no proxy works is a failure', () => {
    const failed = { state: 'failure' } as const
    const all = { [JUPITER]: failed, [SATURN]: failed, [URANUS]: failed }
    expect(everywhere(all)).toEqual(new Set(['failure: no node serves; jupiter leads']))
  })

  test('of two directors names both, in one order', () => {
    const said = warning('two-directors', SATURN, 'two directors are heard')
    const both = { [SATURN]: { director: true } }
    expect(everywhere(both, [said])).toEqual(
      new Set(['failure: two directors, jupiter and saturn; 3 of 3 nodes serve']),
    )
  })

  test('of a director without its address is a failure', () => {
    const status = { ...seenAt(JUPITER), virtualIps: [{ address: VIP, held: false }] }
    const instances = status.instances.map((one) => ({ ...one, virtualIps: status.virtualIps }))
    expect(judge({ ...status, instances }).text).toBe(`failure: the director lacks ${VIP}; 3 of 3 nodes serve`)
  })

  test('says in passing who drains and who has left in order, which is no fault', () => {
    expect(everywhere({ [URANUS]: { state: 'draining' } })).toEqual(
      new Set(['ok: jupiter leads, 2 of 3 nodes serve; uranus drains']),
    )
    expect(everywhere({ [URANUS]: { state: 'stale', left: true } })).toEqual(
      new Set(['ok: jupiter leads, 2 of 2 nodes serve; uranus has left']),
    )
  })

  test('prefers what all nodes know to what one of them does', () => {
    const said = [warning('weak-program', null, 'notify: /tmp/tell can be changed by anybody')]
    const text = 'warning: uranus is missing for 9 s; jupiter leads, 2 of 3 nodes serve'
    expect(judge(seenAt(JUPITER, { [URANUS]: missing(9000) }), said).text).toBe(text)
  })

  test.each(Object.keys(WARNINGS) as readonly WarningCode[])('of %s fits a line', (code) => {
    const { text } = judge(seenAt(JUPITER), [warning(code, SATURN, 'a sentence')])
    expect(text.length).toBeLessThanOrEqual(VERDICT_CHARACTERS)
    expect(text).not.toMatch(/…|a sentence/)
  })

  test('fits a line, however long names and texts are', () => {
    const name = 'x'.repeat(63)
    const status = seenAt(JUPITER, { [JUPITER]: { name }, [URANUS]: { ...missing(9000), name } })
    const { text } = judge(status)
    expect([text.length, text.endsWith('…')]).toEqual([VERDICT_CHARACTERS, true])
    const long = { code: 'fault', level: 'warning', about: null, evidence: [], advice: null, since: null } as const
    const verdict = verdictOf(seenAt(JUPITER), [{ ...long, code: 'of-the-doctor', text: name + name }], NOW_MS, '')
    expect(verdict.text).toHaveLength(VERDICT_CHARACTERS)
  })
})

describe('since when', () => {
  const doctor = new Doctor()
  const at = (seconds: number, said: readonly Warning[]) => {
    const status = seenAt(JUPITER)
    const told = said.map((one) => ({ ...one, instance: null }))
    return doctor.examine(observedOf({ ...status, told }), NOW_MS + seconds * 1000)
  }
  const flood = (protocol: number) => warning('flood', `protocol ${protocol}`, 'too many')

  test('is kept for each finding and for the verdict, until it is over', () => {
    expect(at(0, []).verdict.since).toBe('2026-01-31T12:00:00Z')
    expect(at(9, []).verdict).toMatchObject({ level: 'ok', since: '2026-01-31T12:00:00Z' })
    at(10, [flood(112)])
    const both = at(20, [flood(112), flood(253)])
    expect(both.findings.map(({ since }) => since)).toEqual(['2026-01-31T12:00:10Z', '2026-01-31T12:00:20Z'])
    expect(both.verdict.since).toBe('2026-01-31T12:00:10Z')
    expect(at(30, []).verdict).toMatchObject({ level: 'ok', since: '2026-01-31T12:00:30Z' })
    expect(at(40, [flood(112)]).findings).toMatchObject([{ since: '2026-01-31T12:00:40Z' }])
  })
})
