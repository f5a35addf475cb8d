import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, until, VIP } from './group.ts'

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
    director!.gateway!.process.kill('SIGCONT')
    const status = await director!.status()
    expect(status?.virtualIps[0]?.held).toBe(false)
    expect(group.holders()).toEqual(['node1'])
    await group.settled(0, 2)
    await until(
      () => `${group.holders()}` === 'node0',
      1000,
      () => `node0 alone with the VIP: ${group.holders()}`,
    )
  })

  it('kill -9 and a cut link: the next priority holds the VIP, and gives it back', async () => {
    const [director] = group.nodes
    director!.setCable(false)
    await director!.stopGateway('SIGKILL')
    await group.settled(1, 1)
    expect(await group.fetch(CLIENTS[0]!)).toBe('node1')
    await until(() => !director!.holdsVip(), 10_000, 'the VIP gone from the dead node')
    director!.setCable(true)
    director!.startGateway()
    await group.settled(0, 2)
    await until(
      () => `${group.holders()}` === 'node0',
      1000,
      () => `node0 alone with the VIP: ${group.holders()}`,
    )
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
  ])('a crash of %s: it is restarted and the clients are served', async (actor) => {
    const [director] = group.nodes
    const restarts = async () => {
      const actors = (await director!.get('/actors')) as { name: string; restarts: number; state: string }[] | null
      const found = actors?.find(({ name }) => name === actor)
      return found?.state === 'running' ? found.restarts : undefined
    }
    const before = await restarts()
    expect(before).toBeDefined()
    await director!.get(`/test/crash?actor=${actor}`)
    await until(async () => ((await restarts()) ?? -1) > before!, 10_000, `${actor} restarted`)
    await group.settled(0, 2)
    expect(await group.fetch(CLIENTS[1]!)).toMatch(/node[01]/)
  })

  it('an actor that crashes again and again: the node is taken out in order', async () => {
    const [director] = group.nodes
    const ended = new Promise<number | null>((resolve) => director!.gateway!.process.once('exit', resolve))
    let over = false
    void ended.then(() => {
      over = true
    })
    await until(
      async () => {
        if (!over) await director!.get('/test/crash?actor=elector')
        return over
      },
      30_000,
      'the end of the gateway',
    )
    expect(await ended).toBe(70)
    expect(director!.holdsVip()).toBe(false)
    await group.settled(1, 1)
    expect(await group.fetch(CLIENTS[2]!)).toBe('node1')
  })
})
