import { describe, expect, test } from 'vitest'
import { codeOf, createPair, createPuppet, eventsOf, mailbox, restart } from '../fixtures/puppet.ts'

describe('messages', () => {
  test('arrive in order, and are traced', async () => {
    const { world, alice, bob } = await createPair()
    for (const message of ['one', 'two', 'three']) alice.context.send('bob', message)
    await world.advance(0)
    expect(bob.history).toEqual(['got one from alice', 'got two from alice', 'got three from alice'])
    expect(world.trace.map(({ from, to, kind, message }) => [from, to, kind, message])).toEqual([
      ['alice', 'bob', 'tell', 'one'],
      ['alice', 'bob', 'tell', 'two'],
      ['alice', 'bob', 'tell', 'three'],
    ])
  })

  test('an actor cannot send to whom its plan does not name: a dead letter', async () => {
    const { world, system, bob } = await createPair()
    bob.context.send('alice', { type: 'unasked' })
    await world.advance(0)
    expect(eventsOf(system, 'bob', 'deadLetter')).toMatchObject([{ to: 'alice', message: 'unasked', reason: 'noPeer' }])
    expect(await codeOf(bob.context.request('alice', 'unasked', 100))).toBe('EREFUSED')
  })

  test('what cannot be packed is a dead letter and harms nothing', async () => {
    const { world, system, alice, bob } = await createPair()
    alice.context.send('bob', { type: 'odd', value: Symbol('no data') })
    alice.context.send('bob', 'fine')
    await world.advance(0)
    expect(eventsOf(system, 'alice', 'deadLetter')).toMatchObject([{ message: 'odd', reason: 'unpackable' }])
    expect(bob.history).toEqual(['got fine from alice'])
  })

  test('a mailbox whose owner is blocked holds its capacity; the rest is lost, counted, and reported at a limited rate', async () => {
    const { world, system, alice, bob } = await createPair()
    system.stall('bob', 1000)
    await world.advance(1)
    for (let sent = 0; sent < 500; sent++) alice.context.send('bob', sent)
    await world.advance(1)
    const described = system.describe().find(({ name }) => name === 'bob')
    expect(described).toMatchObject({ mailbox: mailbox.capacity, overflowed: 500 - mailbox.capacity, handled: 0 })
    const reports = eventsOf(system, 'alice', 'deadLetter')
    expect(reports.length).toBeGreaterThan(0)
    expect(reports.length).toBeLessThanOrEqual(25)
    await world.advance(1000)
    expect(bob.history).toHaveLength(mailbox.capacity)
    expect(system.describe().find(({ name }) => name === 'bob')?.mailbox).toBe(0)
  })

  test('the count of a later report covers the dead letters that were not reported', async () => {
    const { world, system, alice } = await createPair({ bobPlan: { restart: { ...restart, maxRestarts: 0 } } })
    system.crash('bob')
    await world.advance(1)
    for (let sent = 0; sent < 499; sent++) alice.context.send('bob', sent)
    await world.advance(1000)
    alice.context.send('bob', 'one more, when there is a token again')
    await world.advance(0)
    const counts = eventsOf(system, 'alice', 'deadLetter').map((event) =>
      event.type === 'deadLetter' ? (event.count ?? 1) : 0,
    )
    expect(counts).toHaveLength(21)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500)
  })

  test('keepLatest: a blocked receiver gets the newest of each type when it goes on', async () => {
    const bob = createPuppet({ receive: (message) => bob.history.push(JSON.stringify(message)) })
    const { world, system, alice } = await createPair({
      bob,
      bobPlan: { mailbox: { capacity: 2, overflow: 'keepLatest' } },
    })
    system.stall('bob', 500)
    await world.advance(1)
    for (let load = 1; load <= 20; load++) alice.context.send('bob', { type: 'load', load })
    alice.context.send('bob', { type: 'state' })
    await world.advance(1000)
    expect(bob.history).toEqual(
      [{ type: 'load', load: 1 }, { type: 'load', load: 2 }, { type: 'load', load: 20 }, { type: 'state' }].map(
        (message) => JSON.stringify(message),
      ),
    )
  })
})

describe('requests', () => {
  test('are answered', async () => {
    const { world, alice } = await createPair()
    expect(await world.settle(alice.context.request('bob', 'question', 100))).toBe('question')
  })

  test('end by ETIMEOUT after their time, not before; a late answer is dropped', async () => {
    let answer: ((value: unknown) => void) | undefined
    const bob = createPuppet({
      receive: (_message, _from, reply) => {
        answer = reply
      },
    })
    const { world, alice } = await createPair({ bob })
    const outcome = codeOf(alice.context.request('bob', 'question', 100))
    let settledAtMs = 0
    void outcome.then(() => {
      settledAtMs = world.clock.nowMs()
    })
    const askedAtMs = world.clock.nowMs()
    await world.advance(500)
    expect(await outcome).toBe('ETIMEOUT')
    expect(settledAtMs - askedAtMs).toBe(100)
    answer?.('too late')
    await world.advance(10)
    expect(await world.settle(Promise.race([alice.context.request('bob', 'next', 100).catch(() => 'timed out')]))).toBe(
      'timed out',
    )
  })

  test('end by EPEERDOWN at once when the peer dies, and while it is down', async () => {
    const bob = createPuppet({ receive: () => {} })
    const { world, system, alice } = await createPair({ bob })
    const pending = codeOf(alice.context.request('bob', 'question', 10_000))
    await world.advance(1)
    system.crash('bob')
    await world.advance(1)
    expect(await pending).toBe('EPEERDOWN')
    expect(await codeOf(alice.context.request('bob', 'question', 10_000))).toBe('EPEERDOWN')
  })

  test('end by EREFUSED when the mailbox is full, and when too many are pending', async () => {
    const { world, system, alice } = await createPair()
    system.stall('bob', 1000)
    await world.advance(1)
    const answers = Array.from({ length: 20 }, () => codeOf(alice.context.request('bob', 'question', 5000)))
    await world.advance(2000)
    const refused = (await Promise.all(answers)).filter((answer) => answer === 'EREFUSED')
    expect(refused).toHaveLength(20 - mailbox.capacity)

    const silent = createPuppet({ receive: () => {} })
    const pair = await createPair({ bob: silent, bobPlan: { mailbox: { capacity: 5000, overflow: 'dropNewest' } } })
    const pending = Array.from({ length: 1025 }, () => codeOf(pair.alice.context.request('bob', 'question', 50)))
    await pair.world.advance(100)
    const outcomes = await Promise.all(pending)
    expect(outcomes.filter((code) => code === 'ETIMEOUT')).toHaveLength(1024)
    expect(outcomes.at(-1)).toBe('EREFUSED')
  })

  test('a second reply is ignored', async () => {
    const bob = createPuppet({
      receive: (_message, _from, reply) => {
        reply?.('first')
        reply?.('second')
      },
    })
    const { world, alice } = await createPair({ bob })
    expect(await world.settle(alice.context.request('bob', 'question', 100))).toBe('first')
    await world.advance(10)
    expect(world.trace.filter(({ kind }) => kind === 'reply')).toHaveLength(1)
  })
})
