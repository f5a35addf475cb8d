import { describe, expect, test } from 'vitest'
import type { RemoteControl } from '../../../../runtime/actor-system/actor.ts'
import type { InspectionEvent } from '../../../../runtime/actor-system/inspection/inspection.ts'
import { createPair, createPuppet, eventsOf } from '../fixtures/puppet.ts'

describe('inspection', () => {
  test('events of an incarnation are numbered from 0 without a gap', async () => {
    const { world, system, bob } = await createPair()
    for (let line = 0; line < 5; line++) bob.context.log('info', `line ${line}`)
    bob.context.inspect({ type: 'state', from: 'a', to: 'b', cause: 'test' })
    system.crash('bob')
    await world.advance(1000)
    bob.context.log('info', 'again')
    await world.advance(1)
    expect(eventsOf(system, 'bob').map(({ type, sequence }) => [type, sequence])).toEqual([
      ['spawned', 0],
      ...[1, 2, 3, 4, 5].map((sequence) => ['log', sequence]),
      ['state', 6],
      ['crashed', 7],
      ['restarting', 8],
      ['spawned', 0],
      ['log', 1],
    ])
  })

  test('single messages are shown only while somebody watches, with how long they waited', async () => {
    const { world, system, alice } = await createPair()
    const messages = (): InspectionEvent[] => eventsOf(system, 'bob', 'message')
    alice.context.send('bob', { type: 'unseen' })
    await world.advance(1)
    expect(messages()).toEqual([])
    system.watch('test', true)
    system.stall('bob', 70)
    await world.advance(20)
    alice.context.send('bob', { type: 'seen' })
    await world.advance(100)
    system.watch('test', false)
    alice.context.send('bob', { type: 'unseen' })
    await world.advance(1)
    expect(messages()).toMatchObject([{ from: 'alice', message: 'seen', waitedMs: 50 }])
  })

  test('an observer gets what happened before it came, and what happens then', async () => {
    const seen: InspectionEvent[] = []
    const observer = createPuppet({ observe: (event) => seen.push(event) })
    const { world, system } = await createPair({ bob: observer, bobPlan: { observes: true } })
    system.crash('alice')
    await world.advance(1000)
    expect(seen.map(({ actor, type }) => `${actor} ${type}`)).toEqual([
      'alice spawned',
      'bob spawned',
      'alice crashed',
      'alice restarting',
      'alice spawned',
    ])
  })

  test('watching ends with the watcher', async () => {
    const { world, system, alice } = await createPair({ alicePlan: { controls: ['supervisor'] } })
    const supervisor = alice.context.control('supervisor') as RemoteControl<{ watch(on: boolean): void }>
    await world.settle(supervisor.watch(true))
    system.crash('alice')
    await world.advance(1000)
    alice.context.send('bob', { type: 'unseen' })
    await world.advance(1)
    expect(eventsOf(system, 'bob', 'message')).toEqual([])
  })

  test('events that an actor emits faster than the supervisor takes them are missed, and leave a gap', async () => {
    const { world, system, alice } = await createPair()
    const inspect = (cause: string): void => alice.context.inspect({ type: 'state', from: 'a', to: 'b', cause })
    for (let change = 0; change < 3000; change++) inspect(`${change}`)
    await world.advance(1)
    inspect('last')
    await world.advance(1)
    const states = eventsOf(system, 'alice', 'state')
    expect(states).toHaveLength(1024 + 1)
    expect(states.at(-1)).toMatchObject({ cause: 'last', sequence: 1 + 3000 })
  })

  test('an observer that does not keep up misses events and sees the gap; nothing piles up', async () => {
    const seen: InspectionEvent[] = []
    const observer = createPuppet({ observe: (event) => seen.push(event) })
    const { world, system, alice } = await createPair({ bob: observer, bobPlan: { observes: true } })
    system.stall('bob', 3000)
    await world.advance(1)
    for (let change = 0; change < 3000; change++) {
      alice.context.inspect({ type: 'state', from: 'a', to: 'b', cause: `${change}` })
      if (change % 100 === 0) await world.advance(1)
    }
    await world.advance(5000)
    const states = seen.filter(({ type }) => type === 'state')
    expect(states.length).toBeLessThanOrEqual(1024)
    alice.context.log('info', 'at last')
    await world.advance(1)
    expect(seen.at(-1)!.sequence).toBeGreaterThan(states.length + 1000)
  })
})
