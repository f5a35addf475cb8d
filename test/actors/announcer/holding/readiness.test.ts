import { beforeEach, describe, expect, test } from 'vitest'
import { FAST_PATH_PATIENCE_MS } from '../../../../actors/announcer/holding/readiness.ts'
import type { AnnouncerEvent, AnnouncerSettings } from '../../../../actors/announcer/state.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeNetlink } from '../../../fakes/netlink.ts'
import { Bench, DEFAULT_GARP, MAC, settings } from '../bench.ts'

const VIPS = settings.virtualIps.map(({ address }) => address)

const OWN = '10.10.74.70'
const kernelMode: AnnouncerSettings = { ...settings, forwardedBy: 'fast-path' }

let bench: Bench
let kernel: FakeNetlink
let index: number

const second = () => ({ interfaceIndex: index, address: VIPS[1]!, prefixLength: 24 })

function interfaceChanged(change: () => unknown): AnnouncerEvent {
  change()
  return { type: 'interfaceChanged' }
}

/** The kernel lists first what it sends from. */
function moveOwn(): void {
  kernel.removeAddress({ interfaceIndex: index, address: OWN, prefixLength: 24 })
  kernel.putAddress({ interfaceIndex: index, address: '10.10.74.77', prefixLength: 24, validLifetimeS: null })
}

function remakeInterface(): void {
  kernel.removeInterface('eth0')
  kernel.addInterface('eth0', '02:00:00:00:00:71', [`${OWN}/24`])
}

/** Told to hold, by one that follows a director that lives, or a dead one. */
const told = (succeeds: boolean) => bench.feed({ type: 'hold', leaseUntilMs: bench.clock.nowMs() + 3000, succeeds })

const forwarded = (ready: readonly string[], virtualIps = VIPS) => ({ type: 'forwarded', virtualIps, ready }) as const

beforeEach(() => {
  const clock = new FakeClock()
  kernel = new FakeNetlink(clock)
  index = kernel.addInterface('eth0', MAC, [`${OWN}/24`])
  bench = new Bench(kernel, clock, kernelMode)
})

describe('in kernel mode, after a director that lives and serves clients until they hear of this one', () => {
  test('the addresses are held at once, and announced when all are forwarded here', () => {
    told(true)
    expect([bench.label, bench.of('putAddresses').length, bench.of('sendGratuitousArp')]).toEqual(['HOLDING', 1, []])
    expect(bench.feed(forwarded(VIPS.slice(0, 1))).of('sendGratuitousArp')).toEqual([])
    expect(bench.feed(forwarded(VIPS)).of('sendGratuitousArp')).toMatchObject([{ addresses: VIPS }])
    expect(bench.running.has('garp')).toBe(true)
  })

  test('they are announced at once where they are forwarded already', () => {
    bench.feed(forwarded(VIPS))
    expect(told(true).of('sendGratuitousArp')).toHaveLength(1)
  })

  test('a fast path that cannot is waited for no longer than 2 s, and that is said', () => {
    told(true).renew(3000, 1000)
    expect(bench.running.get('ready')?.dueMs).toBe(FAST_PATH_PATIENCE_MS)
    expect(bench.expire('ready').of('sendGratuitousArp')).toHaveLength(1)
    expect(bench.lines()[0]).toContain('kernel mode is not ready after 2 s')
    expect(bench.feed(forwarded(VIPS)).effects).toEqual([])
  })

  test.each<[string, () => AnnouncerEvent]>([
    ['an order to announce them again', () => ({ type: 'announce' })],
    ['another configuration of it', () => ({ type: 'configured', options: { ...kernelMode, garp: DEFAULT_GARP } })],
    ['an address that somebody took off', () => interfaceChanged(() => kernel.removeAddress(second()))],
    ['the own address, which went behind them', () => interfaceChanged(() => moveOwn())],
    ['another MAC', () => interfaceChanged(() => remakeInterface())],
    ['an address that was a stranger’s and is free', () => ({ type: 'vacant', address: VIPS[0]! })],
  ])('%s is no reason to call clients sooner', (_, event) => {
    bench.feed({ type: 'occupied', address: VIPS[0]!, mac: '02:00:00:00:00:66' })
    told(true)
    expect(bench.feed(event()).of('sendGratuitousArp')).toEqual([])
    expect(bench.running.has('garp')).toBe(false)
    bench.feed({ type: 'vacant', address: VIPS[0]! })
    expect(bench.feed(forwarded(VIPS)).of('sendGratuitousArp')).toMatchObject([{ addresses: VIPS }])
  })

  test('what is given up meanwhile is not announced any more', () => {
    told(true).feed({ type: 'release' })
    expect(bench.running.has('ready')).toBe(false)
    expect(bench.feed(forwarded(VIPS)).effects).toEqual([])
  })
})

describe('in kernel mode, after a dead director', () => {
  test('they are announced when the kernel has the rules, whatever is still to be known', () => {
    expect([told(false).label, bench.of('sendGratuitousArp')]).toEqual(['HOLDING', []])
    expect(bench.feed(forwarded([], VIPS.slice(0, 1))).of('sendGratuitousArp')).toEqual([])
    expect(bench.feed(forwarded([])).of('sendGratuitousArp')).toMatchObject([{ addresses: VIPS }])
  })

  test('and half a second later at the latest', () => {
    told(false)
    expect(bench.running.get('ready')?.dueMs).toBe(FAST_PATH_PATIENCE_MS)
    expect(bench.expire('ready').of('sendGratuitousArp')).toHaveLength(1)
  })
})
