import { describe, expect, test } from 'vitest'
import { LogThreshold } from '../../../../runtime/actor-system/inspection/log-threshold.ts'
import { Counters } from '../../../../runtime/actor-system/machine/counters.ts'
import { packEnvelope } from '../../../../runtime/actor-system/messaging/envelope.ts'
import { createLinkCredits, UnderWay } from '../../../../runtime/actor-system/messaging/mailbox.ts'
import type { ActorReport } from '../../../../runtime/actor-system/messaging/protocol.ts'
import { Watching } from '../../../../runtime/actor-system/supervision/watching.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { SeededRandom } from '../../../fakes/random.ts'
import { SimulatedPlatform } from '../../../simulation/simulated-platform.ts'
import { SimulatedPort } from '../../../simulation/simulated-port.ts'
import { SimulatedThread } from '../../../simulation/simulated-thread.ts'
import { createPuppet, mailbox, plan } from '../fixtures/puppet.ts'

/** One actor, `bob`, whose links end in the test's hand. */
function createBob() {
  const clock = new FakeClock()
  const platform = new SimulatedPlatform(clock, new SeededRandom(1), undefined)
  const bob = createPuppet()
  const counters = new Counters()
  const reports: ActorReport[] = []
  const host = platform.open(
    plan('bob', bob, { peers: ['alice'] }),
    {
      name: 'bob',
      incarnation: 0,
      peers: ['alice'],
      options: {},
      counters: counters.shared,
      watching: new Watching().shared,
      logThreshold: new LogThreshold().shared,
      recording: null,
      realtime: false,
      eventCredits: createLinkCredits(),
    },
    { report: (report) => reports.push(report), gone() {} },
  )
  /** Introduces `alice`; returns her end of the link. */
  const introduce = () => {
    const [ofBob, ofAlice] = SimulatedPort.pair()
    const credits = createLinkCredits()
    ofAlice.give('alice', new SimulatedThread(clock))
    host.post({
      type: 'introduce',
      peer: 'alice',
      port: ofBob,
      credits,
      direction: 0,
      peerMailbox: mailbox,
      peerCounters: new Counters().shared,
    })
    const underWay = new UnderWay(credits, 1)
    const post = (bytes: unknown): void => {
      underWay.posted()
      ofAlice.post(bytes)
    }
    return { post, underWay }
  }
  /** Promises settle between two things that happen. */
  const settle = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve))
    while (clock.fireNext())
  }
  return { bob, counters, reports, introduce, settle }
}

describe('a link', () => {
  test('what is no envelope is counted and reported, gives its place back, and harms nothing', async () => {
    const { bob, counters, reports, introduce, settle } = createBob()
    await settle()
    const { post, underWay } = introduce()
    for (const garbage of [
      Uint8Array.of(0xc1),
      new Uint8Array(),
      undefined,
      'text',
      packEnvelope('tell', 0, 0, 1)?.slice(1),
    ]) {
      post(garbage)
    }
    post(packEnvelope('tell', 0, 0, 'fine'))
    await settle()
    expect(bob.history).toEqual(['up alice', 'got fine from alice'])
    expect(counters.read('corrupt')).toBe(5)
    expect(counters.read('handled')).toBe(1)
    expect(underWay.count).toBe(0)
    const letters = reports.filter((report) => report.type === 'inspect').map(({ detail }) => detail)
    expect(letters).toHaveLength(5)
    expect(letters[0]).toMatchObject({ type: 'deadLetter', to: 'bob', message: 'from alice', reason: 'corrupt' })
  })

  test('a peer that is announced anew before its old link closed was down in between', async () => {
    const { bob, introduce, settle } = createBob()
    await settle()
    const old = introduce()
    old.post(packEnvelope('tell', 0, 0, 'old'))
    await settle()
    const question = bob.context.request('alice', 'question', 1000).catch((error: { code: string }) => error.code)
    const young = introduce()
    young.post(packEnvelope('tell', 0, 0, 'young'))
    old.post(packEnvelope('tell', 0, 0, 'from the dead'))
    await settle()
    expect(await question).toBe('EPEERDOWN')
    expect(bob.history).toEqual(['up alice', 'got old from alice', 'down alice', 'up alice', 'got young from alice'])
  })

  test('an answer to no question is dropped', async () => {
    const { bob, introduce, settle } = createBob()
    await settle()
    introduce().post(packEnvelope('reply', 99, 0, 'unasked'))
    await settle()
    expect(bob.history).toEqual(['up alice'])
  })
})
