import { describe, expect, test } from 'vitest'
import type { RemoteControl } from '../../../../runtime/actor-system/actor.ts'
import { World } from '../../../simulation/simulation.ts'
import { codeOf, createPair, createPuppet, eventsOf, plan } from '../fixtures/puppet.ts'

describe('control calls', () => {
  type BobControl = { add(one: number, other: number): Promise<number>; fail(): void; hang(): Promise<void> }
  const control: BobControl = {
    add: async (one, other) => one + other,
    fail: () => {
      throw new Error('refused on purpose')
    },
    hang: () => new Promise(() => {}),
  }
  const createCallers = () =>
    createPair({ bob: createPuppet({ control }), alicePlan: { controls: ['bob', 'supervisor'] } })

  test('are answered, or rejected with what was thrown; that does not crash the called', async () => {
    const { world, alice, bob } = await createCallers()
    const remote = alice.context.control<BobControl>('bob')
    expect(await world.settle(remote!.add(1, 2))).toBe(3)
    await expect(world.settle(remote!.fail())).rejects.toThrow('refused on purpose')
    expect(bob.context.incarnation).toBe(0)
  })

  test('end by ETIMEOUT when the answer takes too long', async () => {
    const { world, alice } = await createCallers()
    const outcome = codeOf(alice.context.control<BobControl>('bob')!.hang())
    await world.advance(2000)
    expect(await outcome).toBe('ETIMEOUT')
  })

  test('end by EPEERDOWN when the called dies; its next incarnation is there again', async () => {
    const { world, system, alice } = await createCallers()
    const remote = alice.context.control<BobControl>('bob')!
    const outcome = codeOf(remote.hang())
    await world.advance(1)
    system.crash('bob')
    await world.advance(1)
    expect(await outcome).toBe('EPEERDOWN')
    expect(await codeOf(remote.add(1, 2))).toBe('EPEERDOWN')
    expect(alice.context.control('bob')).toBeUndefined()
    await world.advance(1000)
    expect(await world.settle(alice.context.control<BobControl>('bob')!.add(1, 2))).toBe(3)
  })

  test('end by EREFUSED when too many wait for their answer', async () => {
    const { world, alice } = await createCallers()
    const remote = alice.context.control<BobControl>('bob')!
    const outcomes = Array.from({ length: 257 }, () => codeOf(remote.hang()))
    expect(await world.settle(outcomes.at(-1)!, 0)).toBe('EREFUSED')
    await world.advance(2000)
    expect(await world.settle(outcomes[255]!, 0)).toBe('ETIMEOUT')
  })

  test('are there only for whom they were granted', async () => {
    const { bob } = await createCallers()
    expect(bob.context.control('alice')).toBeUndefined()
    expect(bob.context.control('supervisor')).toBeUndefined()
  })

  test('the supervisor describes, and has the hooks only where they are enabled', async () => {
    for (const hooksEnabled of [true, false]) {
      const world = new World({ seed: 1 })
      const system = world.createSystem('node', { hooksEnabled })
      const alice = createPuppet()
      system.spawn(plan('alice', alice, { controls: ['supervisor'] }))
      system.spawn(plan('bob', createPuppet()))
      await system.start()
      await world.advance(0)
      const supervisor = alice.context.control('supervisor') as RemoteControl<{
        actors(): { name: string }[]
        crash(actor: string): boolean
        stall(actor: string, forMs: number): boolean
      }>
      expect((await world.settle(supervisor.actors())).map(({ name }) => name)).toEqual(['alice', 'bob'])
      expect(await world.settle(supervisor.crash('bob'))).toBe(hooksEnabled)
      expect(await world.settle(supervisor.stall('nobody', 1))).toBe(false)
      await world.advance(1)
      expect(eventsOf(system, 'bob', 'crashed')).toHaveLength(hooksEnabled ? 1 : 0)
    }
  })
})
