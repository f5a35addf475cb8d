import { describe, expect, test } from 'vitest'
import { createPair, createPuppet, plan } from '../runtime/actor-system/fixtures/puppet.ts'
import { World } from './simulation.ts'

describe('a thread that stood still', () => {
  test('does not fire a timer that an earlier one has cancelled, though both came due meanwhile', async () => {
    const { world, system, bob } = await createPair()
    bob.context.clock.setTimer(10, () => cancel())
    const cancel = bob.context.clock.setTimer(20, () => bob.history.push('cancelled timer'))
    system.stall('bob', 100)
    await world.advance(200)
    expect(bob.history).toEqual([])
  })

  test('fires its timers before it takes what has arrived', async () => {
    const { world, system, alice, bob } = await createPair()
    bob.context.clock.setTimer(10, () => bob.history.push('timer'))
    system.stall('bob', 100)
    await world.advance(1)
    alice.context.send('bob', 'early message')
    await world.advance(200)
    expect(bob.history).toEqual(['timer', 'got early message from alice'])
  })
})

describe('a world', () => {
  /** A few actors with random timers and crashes, in several systems; the whole course as text. */
  async function course(seed: number): Promise<string> {
    const world = new World({ seed, traceCapacity: 100_000 })
    const systems = ['north', 'south'].map((name) => {
      const system = world.createSystem(name)
      const talker = createPuppet({}, (context) => {
        const talk = (): void => {
          context.send('listener', context.random.uint32())
          context.clock.setTimer(context.random.uint32() % 200, talk)
        }
        talk()
      })
      system.spawn(plan('talker', talker, { peers: ['listener'] }))
      system.spawn(plan('listener', createPuppet()))
      return system
    })
    for (const system of systems) await system.start()
    await world.advance(3000)
    systems[0]!.crash('listener')
    systems[1]!.freeze(500)
    await world.advance(3000)
    return JSON.stringify([world.trace, systems.map(({ events }) => events)])
  }

  test('runs the same way from the same seed, message by message, and another way from another', async () => {
    const first = await course(42)
    expect(first.length).toBeGreaterThan(5000)
    expect(await course(42)).toBe(first)
    expect(await course(43)).not.toBe(first)
  })

  test('a destroyed system does nothing any more and tells nobody', async () => {
    const { world, system, alice, bob } = await createPair({ bobPlan: { peers: ['alice'] } })
    bob.context.clock.setTimer(10, () => bob.history.push('timer'))
    const before = [...alice.history]
    system.destroy()
    alice.context.send('bob', 'anybody?')
    await world.advance(10_000)
    expect(bob.history).toEqual(['up alice'])
    expect(alice.history).toEqual(before)
  })

  test('runUntil stops at the moment at which the predicate holds', async () => {
    const { world, bob } = await createPair()
    const startMs = world.clock.nowMs()
    bob.context.clock.setTimer(1234, () => bob.history.push('done'))
    expect(await world.runUntil(() => bob.history.includes('done'), 5000)).toBe(true)
    expect(world.clock.nowMs() - startMs).toBe(1234)
    expect(await world.runUntil(() => false, 100)).toBe(false)
    expect(world.clock.nowMs() - startMs).toBe(1334)
  })

  test('promises settle between two things that happen', async () => {
    const { world, bob } = await createPair()
    bob.context.clock.setTimer(5, async () => {
      for (let link = 0; link < 50; link++) await Promise.resolve()
      bob.history.push('chain done')
    })
    bob.context.clock.setTimer(5, () => bob.history.push('next timer'))
    await world.advance(5)
    expect(bob.history).toEqual(['chain done', 'next timer'])
  })
})
