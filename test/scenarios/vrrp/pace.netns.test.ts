import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, until } from '../group.ts'

interface Election {
  readonly vrrp: { readonly transitions: number; readonly counters: Readonly<Record<string, number>> }
}

/** A backup that does nothing for longer than the 3 x 200 ms + 130 ms that it would wait. */
const STALL_MS = 1000

describeInNamespaces('a group with adverts every 200 ms', { programs: ['squid'] }, (namespaces) => {
  let group: Group
  let director: GatewayNode
  let backup: GatewayNode

  beforeAll(async () => {
    group = new Group(namespaces, {
      priorities: [99, 89],
      settings: 'vrrp: { version: 3, advertInterval: 200ms }',
    })
    await group.start()
    director = group.nodes[0]!
    backup = group.nodes[1]!
    // It takes part as soon as its beacons are heard, which may be before its control socket answers.
    await until(async () => (await backup.status()) !== null, 20_000, 'the status of the backup')
  }, 60_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  const election = async (node: GatewayNode): Promise<Election['vrrp']> =>
    ((await node.status()) as Election | null)!.vrrp

  async function countMore(node: GatewayNode, counter: string, more: number): Promise<void> {
    const before = (await election(node)).counters[counter] ?? 0
    await until(
      async () => ((await election(node)).counters[counter] ?? 0) >= before + more,
      20_000,
      `${more} more ${counter} at ${node.name}`,
    )
  }

  /** It stands still while the director advertises for longer than it would wait, then hears it again. */
  async function expectSilence(stall: () => Promise<void>): Promise<void> {
    const before = await election(backup)
    await stall()
    await countMore(backup, 'advertsReceived', 10)
    const after = await election(backup)
    expect(after.transitions).toBe(before.transitions)
    expect(after.counters.advertsSent).toBe(before.counters.advertsSent)
    expect(after.counters.priorityZeroSent).toBe(before.counters.priorityZeroSent)
  }

  it('the threads that an advert passes through are real-time, no others', async () => {
    type Actor = { readonly name: string; readonly scheduling: string }
    let actors: readonly Actor[] = []
    const realtime = () => actors.filter(({ scheduling }) => scheduling === 'realtime').map(({ name }) => name)
    await until(
      async () => {
        actors = ((await director.get('/actors')) ?? []) as readonly Actor[]
        return realtime().length >= 3
      },
      20_000,
      () => `three real-time actors, not ${realtime()}`,
    )
    expect(realtime().sort()).toEqual(['announcer', 'elector', 'raw-ip'])
  })

  it('SIGSTOP of a backup, again and again: it never takes the master for dead, and sends nothing', async () => {
    for (let round = 0; round < 3; round++) {
      await expectSilence(async () => {
        backup.gateway!.process.kill('SIGSTOP')
        await countMore(director, 'advertsSent', 10)
        backup.gateway!.process.kill('SIGCONT')
      })
    }
  }, 60_000)

  it('a backup whose main thread stands still: the same', async () => {
    for (let round = 0; round < 3; round++) {
      await expectSilence(async () => {
        await backup.get(`/test/stall?actor=raw-ip&ms=${STALL_MS}`)
        await countMore(director, 'advertsSent', 10)
      })
    }
  }, 60_000)

  it('kill -9 and a cut link: the next priority is director', async () => {
    director.setCable(false)
    await director.stopGateway('SIGKILL')
    await group.settled(1, 1)
  })
})
