import { describe, expect, test, vi } from 'vitest'
import type { ActorInstance } from '../../../../runtime/actor-system/actor.ts'
import { type ActorPlan, PlanError } from '../../../../runtime/actor-system/supervision/plan.ts'
import { ActorStartError } from '../../../../runtime/actor-system/supervision/supervised-thread.ts'
import { type SimulatedSystem, World } from '../../../simulation/simulation.ts'
import { createPair, createPuppet, eventsOf, type Puppet, plan, restart } from '../fixtures/puppet.ts'

describe('supervision', () => {
  const misbehaviours: readonly (readonly [string, (puppet: Puppet) => void, Partial<ActorInstance<unknown>>])[] = [
    ['throws in receive', () => {}, { receive: () => fail() }],
    ['throws in a timer', (bob) => bob.context.clock.setTimer(1, fail), {}],
    ['throws in observe', () => {}, { observe: (event) => (event.type === 'log' ? fail() : undefined) }],
    ['rejects in receive', () => {}, { receive: (async () => fail()) as () => void }],
  ]
  function fail(): never {
    throw new Error('on purpose')
  }

  test.each(misbehaviours)('an actor that %s crashes and is restarted', async (_title, act, behaviour) => {
    const bob = createPuppet(behaviour)
    const { world, system, alice } = await createPair({ bob, bobPlan: { observes: true } })
    alice.context.log('info', 'a line')
    alice.context.send('bob', 'poke')
    act(bob)
    await world.advance(50)
    expect(eventsOf(system, 'bob', 'crashed')).toMatchObject([{ reason: 'on purpose' }])
    await world.advance(100)
    expect(bob.context.incarnation).toBe(1)
  })

  test('an actor that throws in peerUp crashes and is restarted', async () => {
    let isFirst = true
    const bob = createPuppet({
      peerUp: () => {
        if (!isFirst) return
        isFirst = false
        fail()
      },
    })
    const { world, system } = await createPair({ bob, bobPlan: { peers: ['alice'] } })
    await world.advance(1000)
    expect(eventsOf(system, 'bob', 'crashed')).toMatchObject([{ reason: 'on purpose' }])
    expect(bob.context.incarnation).toBe(1)
  })

  test.each([['alice first'], ['bob first']])('a link is made whichever end starts earlier: %s', async (order) => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    const alice = createPuppet()
    const bob = createPuppet()
    const plans = [plan('alice', alice, { peers: ['bob'] }), plan('bob', bob)]
    for (const each of order === 'bob first' ? plans.reverse() : plans) system.spawn(each)
    await system.start()
    await world.advance(0)
    alice.context.send('bob', 'hello')
    await world.advance(0)
    expect(alice.history).toEqual(['up bob'])
    expect(bob.history).toEqual(['got hello from alice'])
  })

  test('peers hear of a death and of the return, in order with the messages', async () => {
    const { world, system, alice, bob } = await createPair({ bobPlan: { peers: ['alice'] } })
    bob.context.send('alice', 'before')
    await world.advance(1)
    system.crash('bob')
    await world.advance(1000)
    bob.context.send('alice', 'after')
    await world.advance(1)
    expect(alice.history).toEqual(['up bob', 'got before from bob', 'down bob', 'up bob', 'got after from bob'])
  })

  test('mail to an actor that is down is a dead letter, and nothing of it reaches the next incarnation', async () => {
    const { world, system, alice, bob } = await createPair()
    system.crash('bob')
    await world.advance(1)
    alice.context.send('bob', { type: 'lost' })
    await world.advance(1000)
    expect(bob.context.incarnation).toBe(1)
    expect(bob.history).toEqual([])
    expect(eventsOf(system, 'alice', 'deadLetter')).toMatchObject([{ to: 'bob', message: 'lost', reason: 'peerDown' }])
  })

  test('a crashed actor is silent: its timers do not fire, its context does nothing', async () => {
    const fired: number[] = []
    const bob = createPuppet({}, (context) => context.clock.setTimer(500, () => fired.push(context.incarnation)))
    const { world, system, alice } = await createPair({ bob, bobPlan: { peers: ['alice'] } })
    const { context } = bob
    system.crash('bob')
    await world.advance(50)
    context.send('alice', 'from the grave')
    await world.advance(1000)
    expect(fired).toEqual([1])
    expect(alice.history).toEqual(['up bob', 'down bob', 'up bob'])
  })

  test('what a port calls back is guarded: what it throws, now or as a promise, is a crash, and it never runs after one', async () => {
    const { world, system, bob } = await createPair()
    const called: string[] = []
    const callback = bob.context.guard((how: string) => {
      called.push(how)
      if (how === 'throws') throw new Error('in a callback')
    })
    callback('works')
    callback('throws')
    callback('is late')
    await world.advance(1000)
    expect(called).toEqual(['works', 'throws'])
    bob.context.guard(async () => {
      throw new Error('in a promise')
    })()
    await Promise.resolve()
    await world.advance(1000)
    expect(eventsOf(system, 'bob', 'crashed')).toMatchObject([{ reason: 'in a callback' }, { reason: 'in a promise' }])
    expect(bob.context.incarnation).toBe(2)
  })

  test('a crash loop escalates once, after the restarts that the plan allows, with growing delays', async () => {
    const escalated: string[] = []
    const world = new World({ seed: 1 })
    const system = world.createSystem('node', {
      onEscalation: (actor, reason) => escalated.push(`${actor}: ${reason}`),
    })
    let starts = 0
    const bob = createPuppet({}, () => {
      starts += 1
      if (starts > 1) throw new Error('not again')
    })
    system.spawn(plan('bob', bob))
    await system.start()
    system.crash('bob')
    await world.advance(60_000)
    expect(starts).toBe(1 + restart.maxRestarts)
    const delays = eventsOf(system, 'bob', 'restarting').map((event) => event.type === 'restarting' && event.delayMs)
    expect(delays).toEqual([100, 200, 400])
    expect(escalated).toEqual(['bob: more than 3 crashes within 60 s; the last: not again'])
    expect(eventsOf(system, 'bob', 'escalated')).toHaveLength(1)
    expect(system.describe()).toMatchObject([{ name: 'bob', state: 'stopped' }])
  })

  test('without a restart to spend, the first crash is the last', async () => {
    const { world, system } = await createPair({ bobPlan: { restart: { ...restart, maxRestarts: 0 } } })
    system.crash('bob')
    await world.advance(10_000)
    expect(system.escalations).toHaveLength(1)
    expect(eventsOf(system, 'bob', 'restarting')).toEqual([])
  })

  test('an actor on the main thread gives back what it holds when it crashes', async () => {
    let released = 0
    const bob = createPuppet({
      stop: () => {
        released += 1
      },
    })
    const { world, system } = await createPair({ bob, bobPlan: { placement: 'main' } })
    system.crash('bob')
    await world.advance(1000)
    expect(released).toBe(1)
    expect(bob.context.incarnation).toBe(1)
  })

  test('whoever looks on is told every second for how long an actor has given no sign of life', async () => {
    const world = new World({ seed: 1 })
    const looks: [number, number, number][] = []
    const system = world.createSystem('node', {
      onLooked: (silentMs) => looks.push([silentMs('bob'), silentMs('alice'), silentMs('nobody')]),
    })
    system.spawn(plan('alice', createPuppet(), { placement: 'main' }))
    system.spawn(plan('bob', createPuppet()))
    await system.start()
    await world.advance(10_000)
    const idle = looks.splice(0)
    expect(idle.length).toBeGreaterThanOrEqual(9)
    expect(Math.max(...idle.slice(2).map(([bob]) => bob))).toBeLessThanOrEqual(1000)
    // Nobody could end one on the main thread, so that it is not watched.
    expect(new Set(idle.flatMap(([, alice, nobody]) => [alice, nobody]))).toEqual(new Set([Number.POSITIVE_INFINITY]))
    system.stall('bob', 4000)
    await world.advance(4000)
    const stalled = looks.splice(0).map(([bob]) => bob)
    expect(Math.max(...stalled)).toBeGreaterThanOrEqual(2000)
    await world.advance(3000)
    expect(looks.at(-1)?.[0]).toBeLessThanOrEqual(1000)
    system.crash('bob')
    looks.splice(0)
    await world.runUntil(() => looks.length > 0, 2000)
    await system.stop([], 1000)
    const told = looks.length
    await world.advance(5000)
    expect(looks).toHaveLength(told)
  })

  test('a start that fails rejects the start of the system with the cause, and stops the others', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    const cause = Object.assign(new Error('no such device'), { code: 'ENODEV' })
    const stopAlice = vi.fn()
    system.spawn(plan('alice', createPuppet({ stop: stopAlice })))
    system.spawn(
      plan(
        'bob',
        createPuppet({}, () => {
          throw cause
        }),
      ),
    )
    const error = await system.start().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ActorStartError)
    expect(error).toMatchObject({ code: 'ESTART', actor: 'bob', cause })
    expect(stopAlice).toHaveBeenCalledOnce()
    await world.advance(60_000)
    expect(world.clock.nextDueMs()).toBeUndefined()
  })

  test('a start that takes for ever is given up', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    system.spawn({ ...plan('bob', createPuppet()), start: () => new Promise(() => {}) })
    await expect(system.start()).rejects.toThrow('did not start within 45 s')
  })

  test('mistakes in the plans are named', async () => {
    const refuse = async (...plans: ActorPlan[]): Promise<unknown> => {
      const system = new World({ seed: 1 }).createSystem('node')
      try {
        for (const each of plans) system.spawn(each)
        await system.start()
        return undefined
      } catch (error) {
        return error
      }
    }
    const puppet = createPuppet()
    for (const plans of [
      [plan('a', puppet), plan('a', puppet)],
      [plan('a', puppet, { peers: ['b'] })],
      [plan('a', puppet, { peers: ['a'] })],
      [plan('a', puppet, { controls: ['b'] })],
      [plan('a', puppet, { peers: ['supervisor'] })],
      [plan('supervisor', puppet)],
      [plan('a', puppet, { mailbox: { capacity: 0, overflow: 'dropNewest' } })],
    ]) {
      expect(await refuse(...plans)).toBeInstanceOf(PlanError)
    }
  })
})

describe('the watchdog', () => {
  test('ends and restarts a Worker that gives no sign of life', async () => {
    const { world, system, bob } = await createPair()
    await world.advance(2000)
    system.stall('bob', 60_000)
    await world.advance(9000)
    expect(eventsOf(system, 'bob', 'stalled', 'crashed', 'restarting').map(({ type }) => type)).toEqual([
      'stalled',
      'crashed',
      'restarting',
    ])
    expect(bob.context.incarnation).toBe(1)
    expect(eventsOf(system, 'alice', 'stalled')).toEqual([])
  })

  test('lets a short stall pass', async () => {
    const { world, system, bob } = await createPair()
    system.stall('bob', 4000)
    await world.advance(20_000)
    expect(bob.context.incarnation).toBe(0)
  })

  test('kills nobody when the whole process stood still, three times over', async () => {
    const { world, system, alice, bob } = await createPair()
    for (let times = 0; times < 3; times++) {
      system.freeze(30_000)
      await world.advance(37_500)
    }
    expect(system.events.filter(({ type }) => type === 'stalled' || type === 'crashed')).toEqual([])
    alice.context.send('bob', 'alive')
    await world.advance(1)
    expect(bob.history).toEqual(['got alive from alice'])
  })
})

describe('stopping', () => {
  test('goes in the order that is given, then backwards; each may take its patience, no more', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    const stops: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      const stop = (): Promise<void> => {
        stops.push(`${name} at ${world.clock.nowMs() - startMs}`)
        return name === 'c' ? new Promise(() => {}) : Promise.resolve()
      }
      system.spawn(plan(name, createPuppet({ stop })))
    }
    await system.start()
    const startMs = world.clock.nowMs()
    await system.stop(['c', 'a'], 300)
    expect(stops).toEqual(['c at 0', 'a at 300', 'd at 300', 'b at 300'])
    expect(system.events.filter(({ type }) => type === 'stopped').map(({ actor }) => actor)).toEqual([
      'c',
      'a',
      'd',
      'b',
    ])
    expect(eventsOf(system, 'c', 'crashed')).toMatchObject([{ reason: 'did not stop within 300 ms' }])
    await world.advance(10_000)
    expect(world.clock.nextDueMs()).toBeUndefined()
  })

  test('those of an inner list stop at the same time, and the next when all of them have', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    const stops: string[] = []
    for (const name of ['a', 'b', 'c']) {
      const stop = (): Promise<void> => {
        stops.push(`${name} at ${world.clock.nowMs() - startMs}`)
        return name === 'b' ? new Promise(() => {}) : Promise.resolve()
      }
      system.spawn(plan(name, createPuppet({ stop })))
    }
    await system.start()
    const startMs = world.clock.nowMs()
    await system.stop([['b', 'c'], 'a'], 300)
    expect(stops).toEqual(['b at 0', 'c at 0', 'a at 300'])
  })

  test('no timer of any actor is left, wherever it is placed', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    for (const placement of ['main', 'worker'] as const) {
      const waiting = createPuppet({}, (context) => context.clock.setTimer(1_000_000, () => {}))
      system.spawn(plan(placement, waiting, { placement }))
    }
    await system.start()
    await system.stop([], 100)
    await world.advance(20_000)
    expect(world.clock.nextDueMs()).toBeUndefined()
  })

  test('a system that still starts gives up starting', async () => {
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    system.spawn({ ...plan('bob', createPuppet()), start: () => new Promise(() => {}) })
    world.clock.setTimer(10, () => void system.stop([], 100))
    await expect(system.start()).rejects.toThrow('bob was stopped while it started')
    expect(world.clock.nowMs()).toBe(10)
  })

  test('an actor can still send and receive while it stops', async () => {
    const alice = createPuppet({
      stop: async () => {
        alice.history.push(`answer ${await alice.context.request('bob', 'last question', 100)}`)
      },
    })
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    system.spawn(plan('alice', alice, { peers: ['bob'] }))
    system.spawn(plan('bob', createPuppet()))
    await system.start()
    await system.stop(['alice', 'bob'], 1000)
    expect(alice.history).toContain('answer last question')
  })

  test('an actor that waits for its restart is not restarted any more', async () => {
    const { world, system, bob } = await createPair()
    system.crash('bob')
    await world.advance(50)
    await system.stop([], 100)
    await world.advance(10_000)
    expect(bob.context.incarnation).toBe(0)
  })
})

describe('actors that come and go while the system runs', () => {
  /** `alice` runs, and is to send to `carol`, who joins. */
  async function joined(carol = createPuppet()) {
    const { world, system, alice, bob } = await createPair()
    const linked = plan('alice', alice, { peers: ['bob', 'carol'], controls: ['carol'] })
    const newcomer = plan('carol', carol, { peers: ['alice'] })
    system.relink([linked, newcomer])
    const failures = world.settle(system.join([newcomer]))
    return { world, system, alice, bob, carol, failures }
  }

  test('one that joins is introduced to those that were linked to it, both ways', async () => {
    const { world, alice, carol, failures } = await joined()
    expect(await failures).toEqual([])
    await world.advance(1)
    alice.context.send('carol', 'hello')
    carol.context.send('alice', 'hello')
    await world.advance(1)
    expect(alice.history).toEqual(['up bob', 'up carol', 'got hello from carol'])
    expect(carol.history).toEqual(['up alice', 'got hello from alice'])
  })

  test('one that cannot start is told, and the others go on', async () => {
    const carol = createPuppet({}, () => {
      throw new Error('on purpose')
    })
    const { world, alice, bob, failures } = await joined(carol)
    expect(await failures).toEqual(['carol could not start: on purpose'])
    alice.context.send('bob', 'hello')
    await world.advance(1)
    expect(bob.history).toContain('got hello from alice')
  })

  test('one that crashes is restarted as any other', async () => {
    const { world, system, carol, failures } = await joined()
    await failures
    system.crash('carol')
    await world.advance(1000)
    expect(carol.context.incarnation).toBe(1)
    expect(carol.history).toContain('up alice')
  })

  test('one that is dismissed stops in order, is down for its peers, and may come again', async () => {
    const { world, system, alice, carol, failures } = await joined()
    await failures
    await world.settle(system.dismiss(['carol'], 100))
    await world.advance(1)
    expect(alice.history.at(-1)).toBe('down carol')
    expect(system.describe().map(({ name }) => name)).toEqual(['alice', 'bob'])
    await world.settle(system.join([plan('carol', carol, { peers: ['alice'] })]))
    await world.advance(1)
    expect(alice.history.at(-1)).toBe('up carol')
  })

  test('who is linked to it no more sends to it in vain', async () => {
    const { world, system, alice, carol, failures } = await joined()
    await failures
    system.relink([plan('alice', alice, { peers: ['bob'] })])
    await world.advance(1)
    alice.context.send('carol', 'hello')
    await world.advance(1)
    expect(carol.history).not.toContain('got hello from alice')
  })

  test('a name that is taken is a mistake', async () => {
    const { system, failures, carol } = await joined()
    await failures
    await expect(system.join([plan('carol', carol)])).rejects.toThrow('two actors are named carol')
  })
})

describe('other options for an actor that runs', () => {
  /** Remembers the options that each incarnation was started with, and those that it was given since. */
  function createConfigured(behaviour: Partial<ActorInstance<unknown>> = {}) {
    const seen: unknown[] = []
    const puppet = createPuppet({ configure: (options) => void seen.push(options), ...behaviour })
    const start: Puppet['start'] = (context, options) => {
      seen.push(`born with ${options}`)
      return puppet.start(context, options)
    }
    return { seen, bob: { ...puppet, start } }
  }
  const configure = (system: SimulatedSystem, options: unknown, patienceMs = 1000) =>
    system.configure(new Map([['bob', options]]), patienceMs)

  test('it is given them without a new start, and confirms', async () => {
    const { seen, bob } = createConfigured()
    const { world, system } = await createPair({ bob, bobPlan: { options: 'old' } })
    expect(await world.settle(configure(system, 'new'))).toEqual([])
    expect(seen).toEqual(['born with old', 'new'])
  })

  test('its next incarnation is born with them', async () => {
    const { seen, bob } = createConfigured()
    const { world, system } = await createPair({ bob, bobPlan: { options: 'old' } })
    await world.settle(configure(system, 'new'))
    system.crash('bob')
    await world.advance(1000)
    expect(seen).toEqual(['born with old', 'new', 'born with new'])
  })

  test('while it is down nothing is waited for', async () => {
    const { seen, bob } = createConfigured()
    const { world, system } = await createPair({ bob, bobPlan: { options: 'old' } })
    system.crash('bob')
    await world.advance(1)
    expect(await world.settle(configure(system, 'new'), 0)).toEqual([])
    await world.advance(1000)
    expect(seen).toEqual(['born with old', 'born with new'])
  })

  test('one that is starting is given the last of them when it has started', async () => {
    const { seen, bob } = createConfigured()
    const world = new World({ seed: 1 })
    const system = world.createSystem('node')
    system.spawn(plan('bob', bob, { options: 'old' }))
    const started = system.start()
    const confirmed = Promise.all([configure(system, 'newer'), configure(system, 'newest')])
    await started
    expect(await world.settle(confirmed)).toEqual([[], []])
    expect(seen).toEqual(['born with old', 'newest'])
  })

  test('one that they crash is restarted with them', async () => {
    const { seen, bob } = createConfigured({
      configure: () => {
        throw new Error('on purpose')
      },
    })
    const { world, system } = await createPair({ bob, bobPlan: { options: 'old' } })
    expect(await world.settle(configure(system, 'new'))).toEqual([])
    await world.advance(1000)
    expect(seen).toEqual(['born with old', 'born with new'])
  })

  test('one that stands still is named after the patience', async () => {
    const { seen, bob } = createConfigured()
    const { world, system } = await createPair({ bob, bobPlan: { options: 'old' } })
    system.stall('bob', 2000)
    await world.advance(1)
    expect(await world.settle(configure(system, 'new'))).toEqual(['bob'])
    await world.advance(3000)
    expect(seen).toEqual(['born with old', 'new'])
  })
})
