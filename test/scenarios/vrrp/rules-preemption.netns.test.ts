import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { VIP } from '../group.ts'
import { WireBench, type WireOptions } from './wire-bench.ts'

/** The rules of preemption on the wire: a real gateway that may not preempt, and one that owns the addresses. */

const LOWER_ADDRESS = '10.88.0.9'
const PRIORITY = 100
/** Of the peer's interval of a second, which is ours in version 2 and learned in version 3, and of our skew. */
const MASTER_DOWN_MS = 3000 + (1000 * (256 - PRIORITY)) / 256

const versions = [
  { version: 2, ownIntervalMs: 1000, preempt: false },
  { version: 3, ownIntervalMs: 100, preempt: false },
] as const

function waitingSteps(create: () => Promise<WireBench>): void {
  let bench: WireBench
  let silentSinceMs = 0

  test('rule 12: a living master of any priority, or of an equal one and any address, is left alone', async () => {
    bench = await create()
    for (const living of [bench.advert(1), bench.advert(PRIORITY, { source: LOWER_ADDRESS })]) {
      const stop = bench.keepSending(living)
      if (bench.lines.length === 0) bench.startGateway()
      await bench.inState('BACKUP')
      await pause(1.1 * MASTER_DOWN_MS)
      silentSinceMs = await stop()
      expect(await bench.state()).toBe('BACKUP')
    }
    expect(bench.peer.adverts(0)).toEqual([])
  })

  test('rule 13: on silence it takes over all the same', async () => {
    const first = await bench.peer.first('vrrp', 0)
    expect(first.atMs - silentSinceMs).toBeGreaterThanOrEqual(MASTER_DOWN_MS)
    await bench.inState('MASTER')
    await bench.node.stopGateway('SIGKILL')
  })
}

function ownerSteps(create: () => Promise<WireBench>): void {
  test('rules 9, 13, 20: the owner is master at once, beside a living master and without preemption', async () => {
    const bench = await create()
    const stop = bench.keepSending(bench.advert(254))
    // An owner is one that has the addresses of its own.
    bench.node.namespace.ip('address', 'add', `${VIP}/16`, 'dev', 'eth0')
    bench.startGateway()
    await bench.inState('MASTER')
    await stop()
    const first = await bench.peer.first('vrrp', 0)
    expect(first.priority).toBe(255)
    expect(bench.lines.some(({ text }) => text.includes('BACKUP'))).toBe(false)
    await bench.node.stopGateway('SIGKILL')
  })
}

describeInNamespaces('preemption on the wire', {}, (namespaces) => {
  const benches: WireBench[] = []
  afterAll(async () => {
    await namespaces.close()
    for (const bench of benches) bench.group.close()
  })

  const creating = (options: WireOptions) => async (): Promise<WireBench> => {
    const bench = await WireBench.create(namespaces, options)
    benches.push(bench)
    return bench
  }

  describe.concurrent.each(versions)('version $version', (options) => {
    describe('preempt: false', { concurrent: false }, () => waitingSteps(creating({ ...options, priority: PRIORITY })))
    describe('the owner', { concurrent: false }, () => ownerSteps(creating({ ...options, priority: 255 })))
  })
})
