import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ElectorOptions } from '../../../actors/elector/options.ts'
import { type ElectorEvent, roleOf } from '../../../actors/elector/state.ts'
import { Bench, heardAdvert, OTHER, OWN, v2, v3 } from './bench.ts'

/** What may happen next; `expire`, `drained` and `confirm` take what the machine itself has asked for. */
type Happening =
  | { readonly kind: 'expire'; readonly lateMs: number }
  | { readonly kind: 'drained' }
  | { readonly kind: 'confirm'; readonly back: number }
  | { readonly kind: 'event'; readonly event: ElectorEvent; readonly afterMs: number }

const options: fc.Arbitrary<ElectorOptions> = fc
  .record({
    base: fc.constantFrom(v2, v3),
    priority: fc.constantFrom(1, 100, 254, 255),
    preempt: fc.boolean(),
    preemptDelayMs: fc.constantFrom(0, 5000),
    centiseconds: fc.constantFrom(1, 10, 100),
  })
  .map(({ base, centiseconds, ...rest }) => ({
    ...base,
    ...rest,
    advertIntervalCs: base.version === 3 ? centiseconds : 100,
    longestLearnedCs: Math.max(3 * centiseconds, 300),
  }))

const afterMs = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 0, max: 1200, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(20_000) },
)

const heard = fc.record({
  priority: fc.constantFrom(0, 1, 99, 100, 101, 255),
  source: fc.constantFrom(OTHER, '9.0.0.1', '200.0.0.1', OWN),
  virtualRouterId: fc.constantFrom(51, 51, 51, 52),
})

function eventFor(elector: ElectorOptions): fc.Arbitrary<ElectorEvent> {
  const number = fc.nat({ max: 60 })
  const confirm = fc.nat({ max: 60 })
  return fc.oneof(
    { weight: 6, arbitrary: heard.map((advert) => heardAdvert(elector, advert)) },
    fc.constantFrom<ElectorEvent>(
      { type: 'start' },
      { type: 'stepDown' },
      { type: 'held' },
      { type: 'released' },
      { type: 'leaseExpired' },
      { type: 'holdFailed', address: '10.10.74.74', reason: 'EPERM' },
    ),
    fc
      .constantFrom('raw-ip', 'announcer', 'discovery', 'dispatcher')
      .map((peer) => ({ type: 'peerUp', peer }) as const),
    fc.record({
      type: fc.constant('track' as const),
      source: fc.constantFrom('interface' as const, 'portMonitor' as const, 'gateway' as const),
      state: fc.constantFrom('ok' as const, 'failed' as const),
      reason: fc.constant(null),
    }),
    number.map((number) => ({ type: 'drained', number }) as const),
    number.map((number) => ({ type: 'drainFailed', number }) as const),
    confirm.map((number) => ({ type: 'sendFailed', confirm: number, reason: 'ENETDOWN' }) as const),
    fc
      .tuple(confirm, fc.double({ min: 0, max: 90_000, noNaN: true }))
      .map(([number, atMs]) => ({ type: 'sent', confirm: number, atMs }) as const),
    fc
      .uint8Array({ maxLength: 60 })
      .map((packet) => ({ type: 'packet', protocol: 112, packet, receivedAtMs: 0, serial: 0 }) as const),
  )
}

function happeningsFor(elector: ElectorOptions): fc.Arbitrary<readonly Happening[]> {
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('expire'), lateMs: fc.constantFrom(0, 0, 0.5, 3, 5000) }) },
    { weight: 4, arbitrary: fc.constant({ kind: 'drained' } as const) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('confirm'), back: fc.nat({ max: 2 }) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('event'), event: eventFor(elector), afterMs }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('event'), event: fc.constant({ type: 'shutdown' } as const), afterMs }),
    },
  )
  return fc.array(happening, { minLength: 1, maxLength: 60 })
}

/** Feeds it where it applies; false where there is nothing to expire or to answer. */
function happen(bench: Bench, happening: Happening): boolean {
  switch (happening.kind) {
    case 'expire': {
      const [timer] = bench.running.keys()
      if (timer === undefined) return false
      // A timer of which the test has let the time pass already is late by that.
      bench.expire(timer, Math.max(happening.lateMs, -(bench.remaining(timer) ?? 0)))
      return true
    }
    case 'drained': {
      const { phase } = bench.state
      if (phase.label !== 'BACKUP' || phase.draining === null) return false
      bench.feed({ type: 'drained', number: phase.draining })
      return true
    }
    case 'confirm':
      bench.feed({ type: 'sent', confirm: bench.state.nextConfirm - 1 - happening.back, atMs: bench.nowMs })
      return true
    case 'event':
      // Nobody knows a number before it is given out.
      if ('number' in happening.event && happening.event.number >= bench.state.nextDrain) return false
      bench.feed(happening.event, bench.nowMs + happening.afterMs)
      return true
    default:
      return happening satisfies never
  }
}

function holdsAfter(bench: Bench, happening: Happening): void {
  const { phase } = bench.state
  const ownAdverts = bench.adverts().filter(({ priority }) => priority !== 0)
  switch (phase.label) {
    case 'INIT':
      expect(bench.running.size).toBe(0)
      break
    case 'BACKUP':
      expect([...bench.running.keys()]).toEqual(phase.draining === null ? ['masterDown'] : [])
      break
    case 'FAULT':
      // Whoever is heard as master is forgotten when it falls silent.
      expect(phase.master === null || bench.running.has('masterDown')).toBe(true)
      expect(bench.running.has('advert')).toBe(false)
      break
    case 'MASTER':
      expect([...bench.running.keys()]).toEqual(['advert'])
      expect(bench.nowMs).toBeLessThan(phase.leaseUntilMs)
      break
    default:
      phase satisfies never
  }
  // Rule 20.
  expect(bench.state.options.priority).toBeGreaterThanOrEqual(1)
  expect(bench.state.options.priority).toBeLessThanOrEqual(bench.state.configuredPriority)
  // The last one of a master that gives way leaves after the addresses were released.
  const isReleased = happening.kind === 'event' && happening.event.type === 'released'
  if (phase.label !== 'MASTER') expect(ownAdverts.length).toBeLessThanOrEqual(isReleased ? 1 : 0)
  for (const message of bench.sent('announcer')) {
    if (message.type === 'release' || message.type === 'yield' || message.type === 'makeReady') continue
    expect(phase).toMatchObject({ label: 'MASTER', holding: true })
    if (message.type !== 'announce') expect(message.leaseUntilMs).toBeGreaterThan(bench.nowMs)
  }
  for (const effect of bench.effects) if (effect.type === 'startTimer') expect(effect.delayMs).toBeGreaterThan(0)
}

const stories = options.chain((elector) => fc.tuple(fc.constant(elector), happeningsFor(elector)))

describe('whatever happens, in whatever order', () => {
  test('rule 21: each state has just the timer that is its own; no own advert, hold or renewal without a lease that holds', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(stories, ([elector, happenings]) => {
        const bench = new Bench(elector).started()
        for (const happening of happenings) {
          if (!happen(bench, happening)) continue
          holdsAfter(bench, happening)
          seen.add(bench.label)
        }
      }),
      { numRuns: 1000 },
    )
    expect([...seen].sort()).toEqual(['BACKUP', 'FAULT', 'INIT', 'MASTER'])
  })

  test('the last role that was told is the role that is', () => {
    fc.assert(
      fc.property(stories, ([elector, happenings]) => {
        const bench = new Bench(elector).started()
        let told = bench.sent('dispatcher').at(-1)
        for (const happening of happenings) {
          if (!happen(bench, happening)) continue
          told = bench.sent('dispatcher').at(-1) ?? told
          // Master and priority come and go with the phase; a node that goes on is told of each.
          expect(told).toEqual(roleOf(bench.state))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('what the announcer was told last is to hold if and only if this node is director', () => {
    fc.assert(
      fc.property(stories, ([elector, happenings]) => {
        const bench = new Bench(elector).started()
        let holds = false
        for (const happening of happenings) {
          if (!happen(bench, happening)) continue
          for (const message of bench.sent('announcer')) {
            if (message.type === 'hold') holds = true
            if (message.type === 'release' || message.type === 'yield') holds = false
          }
          expect(holds).toBe(roleOf(bench.state).role === 'director')
        }
      }),
      { numRuns: 300 },
    )
  })

  test('in Initialize nothing has an effect but start', () => {
    const event = options.chain((elector) => fc.tuple(fc.constant(elector), eventFor(elector)))
    fc.assert(
      fc.property(event, ([elector, happening]) => {
        const bench = new Bench(elector).feed(happening)
        expect(bench.effects.length > 0).toBe(happening.type === 'start')
      }),
    )
  })
})
