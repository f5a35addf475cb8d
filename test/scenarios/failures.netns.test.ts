import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { crashToTheEnd } from './crashes.ts'
import { CLIENTS, Group, KeptConnection, until, VIP } from './group.ts'

const ANSWERED = { status: 200, proxy: expect.stringMatching(/node[01]/) }
const RESET = { ended: 'read ECONNRESET' }

/** What happens to a group when a gateway dies, stands still or loses an actor. */
describeInNamespaces('a group in which something fails', { programs: ['squid', 'curl', 'arping'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    await group.start()
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('SIGSTOP: the VIP of a director that stands still is silent from the end of its lease, and the kernel takes it away; resumed, it is a backup before it answers', async () => {
    const [director] = group.nodes
    const kept = await KeptConnection.open(group, CLIENTS[3]!)
    // `env` and `sh` replaced themselves by node, so this is the gateway's own process.
    director!.gateway!.process.kill('SIGSTOP')
    await group.settled(1, 1)
    const answers: string[] = []
    await until(
      async () => {
        const { stdout } = await group.client.run('arping', ['-r', '-c', '1', '-w', '1', '-i', 'eth0', VIP])
        answers.push(stdout.trim())
        return !director!.holdsVip()
      },
      10_000,
      'the stopped director without the VIP',
    )
    expect(new Set(answers)).toEqual(new Set([group.nodes[1]!.mac()]))
    expect(group.holders()).toEqual(['node1'])
    // What is open was the director's: the next one resets what comes of it.
    expect(await kept.ask()).toEqual(RESET)
    await kept.stop()
    expect(await group.fetch(CLIENTS[4]!)).toBe('node1')
    director!.gateway!.process.kill('SIGCONT')
    const status = await director!.status()
    expect(status?.virtualIps[0]?.held).toBe(false)
    expect(group.holders()).toEqual(['node1'])
    await group.settled(0, 2)
    await group.heldBy('node0', 1000)
  })

  it('kill -9 and a cut link: the next priority holds the VIP, and gives it back', async () => {
    const [director] = group.nodes
    const kept = await KeptConnection.open(group, CLIENTS[3]!)
    director!.setCable(false)
    await director!.stopGateway('SIGKILL')
    await group.settled(1, 1)
    expect(await kept.ask()).toEqual(RESET)
    await kept.stop()
    expect(await group.fetch(CLIENTS[0]!)).toBe('node1')
    await until(() => !director!.holdsVip(), 10_000, 'the VIP gone from the dead node')
    director!.setCable(true)
    director!.startGateway()
    await group.settled(0, 2)
    await group.heldBy('node0', 1000)
  })

  it.each([
    'elector',
    'announcer',
    'watcher',
    'discovery',
    'dispatcher',
    'port-monitor',
    'stats-reporter',
    'inspector',
    'raw-ip',
    'forwarder-0',
  ])(
    'a crash of %s: it is restarted and the clients are served; what is open goes on, but for what a forwarder had, or an elector gives up',
    async (actor) => {
      const [director] = group.nodes
      const kept = await KeptConnection.open(group, CLIENTS[3]!)
      const restarts = async () => {
        const actors = (await director!.get('/actors')) as { name: string; restarts: number; state: string }[] | null
        const found = actors?.find(({ name }) => name === actor)
        return found?.state === 'running' ? found.restarts : undefined
      }
      const before = await restarts()
      expect(before).toBeDefined()
      await director!.get(`/test/crash?actor=${actor}`)
      await until(async () => ((await restarts()) ?? -1) > before!, 10_000, `${actor} restarted`)
      // A new elector gives up what the one before it led, and takes it back later.
      if (actor === 'elector') await group.settled(1, 2)
      await group.settled(0, 2)
      await group.heldBy('node0', 5000)
      expect(await group.fetch(CLIENTS[1]!)).toMatch(/node[01]/)
      if (!actor.startsWith('forwarder')) expect(await kept.ask()).toEqual(actor === 'elector' ? RESET : ANSWERED)
      await kept.stop()
    },
  )

  it('an actor that blocks the thread that it shares: all on it come back, and the director stays one', async () => {
    const [director] = group.nodes
    const told = async () =>
      (await director!.get('/actors')) as { name: string; restarts: number; state: string; threadId: number }[]
    const transitionsOf = async () =>
      ((await director!.get('/status')) as { vrrp: { transitions: number } }).vrrp.transitions
    const before = await told()
    const transitions = await transitionsOf()
    const { threadId } = before.find(({ name }) => name === 'dispatcher')!
    const onIt = before.filter((actor) => actor.threadId === threadId)
    expect(onIt.map(({ name }) => name)).toEqual(expect.arrayContaining(['discovery', 'dispatcher', 'port-monitor']))
    await director!.get('/test/stall?actor=dispatcher&ms=60000')
    const isBack = ({ name, restarts }: { name: string; restarts: number }, after: typeof before) =>
      after.some((now) => now.name === name && now.restarts > restarts && now.state === 'running')
    await until(
      async () => {
        const after = await told()
        return onIt.every((actor) => isBack(actor, after))
      },
      20_000,
      'all on the shared thread restarted',
    )
    const others = before.filter(({ threadId: on, name }) => on !== threadId && !name.startsWith('forwarder'))
    for (const { name, restarts } of others)
      expect((await told()).find((now) => now.name === name)?.restarts, name).toBe(restarts)
    expect(await transitionsOf()).toBe(transitions)
    expect(director!.holdsVip()).toBe(true)
    await group.settled(0, 2)
    expect(await group.fetch(CLIENTS[1]!)).toMatch(/node[01]/)
  }, 60_000)

  it('an actor that crashes again and again: the node is taken out in order', async () => {
    const [director] = group.nodes
    expect(await crashToTheEnd(director!, 'elector')).toBe(70)
    expect(director!.holdsVip()).toBe(false)
    await group.settled(1, 1)
    expect(await group.fetch(CLIENTS[2]!)).toBe('node1')
  })
})
