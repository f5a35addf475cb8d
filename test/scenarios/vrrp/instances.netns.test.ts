import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../../namespaces.ts'
import { CLIENTS, Group, START_PATIENCE_MS, until } from '../group.ts'

const WEB = '10.88.0.10/16'
const MAIL = '10.88.0.20/16'
const ALL = ['node0', 'node1', 'node2']

/** Node 0 leads `web`, node 1 leads `mail`, and each is the next for the other. */
const electionOf = (web: number, mail: number): string => `instances:
  - { name: web, virtualRouterId: 51, directorPriority: ${web}, virtualIps: [${WEB}] }
  - { name: mail, virtualRouterId: 52, directorPriority: ${mail}, virtualIps: [${MAIL}] }`

/** Two virtual routers, led by two nodes at once. */
describeInNamespaces('a group of two instances', { programs: ['squid', 'curl'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    const elections = [electionOf(99, 89), electionOf(89, 99), electionOf(79, 79)]
    group = new Group(namespaces, { priorities: [99, 89, 79], elections, settings: 'timeouts: { drain: 1s }' })
    await group.start()
    await led('node0', 'node1')
    await group.settled(1, 3)
  }, 2 * START_PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Waits until each virtual IP is held by that node alone. */
  const led = (web: string, mail: string) =>
    until(
      () => `${group.holders(WEB)}` === web && `${group.holders(MAIL)}` === mail,
      20_000,
      () => `${web} with web (it is ${group.holders(WEB)}) and ${mail} with mail (it is ${group.holders(MAIL)})`,
    )

  /** By whom the clients are served through a virtual IP, in the order of the clients. */
  async function servers(virtualIp: string): Promise<readonly (string | undefined)[]> {
    const served: (string | undefined)[] = []
    for (const client of CLIENTS.slice(0, 20)) served.push(await group.fetch(client, virtualIp))
    return served
  }
  const distinct = (served: readonly (string | undefined)[]) => [...new Set(served)].sort()

  const keep = (client: string, virtualIp: string): RunningProgram => {
    const script = new URL('../fixtures/kept-connection.ts', import.meta.url)
    return group.client.startScript(script, client, virtualIp.split('/')[0]!, '8080', 'http://10.88.0.99/')
  }
  async function ask(connection: RunningProgram): Promise<unknown> {
    connection.process.stdin!.write('\n')
    return JSON.parse(await connection.nextLine())
  }

  it('each virtual IP has a director of its own, and every node knows both', async () => {
    const states = await Promise.all(group.nodes.map(async (node) => (await node.status())!))
    expect(states.map(({ role }) => role)).toEqual(['director', 'director', 'scanning'])
    expect(states.map(({ instances }) => instances.map(({ name, state }) => `${name} ${state}`))).toEqual([
      ['web MASTER', 'mail BACKUP'],
      ['web BACKUP', 'mail MASTER'],
      ['web BACKUP', 'mail BACKUP'],
    ])
    // A busy machine is warned of as well.
    const serious = /two directors|differ|VRID|no VRRP master/
    expect(states.flatMap(({ warnings }) => warnings.filter((warning) => serious.test(warning)))).toEqual([])
    const { stdout } = await group.nodes[2]!.proxyha('status', '-s', group.nodes[2]!.socket)
    expect(stdout).toMatch(/^web +51 +BACKUP +79 +10\.88\.0\.11 \(99\)/m)
    expect(stdout).toMatch(/^mail +52 +BACKUP +79 +10\.88\.0\.12 \(99\)/m)
  })

  it('all nodes serve the clients of both, each client the same node through either', async () => {
    const throughWeb = await servers(WEB)
    expect(distinct(throughWeb)).toEqual(ALL)
    expect(await servers(MAIL)).toEqual(throughWeb)
  })

  it('a director dies: the other leads both; it returns: takes its own back, and cuts nothing of the other', {
    timeout: 150_000,
  }, async () => {
    const [first, second] = group.nodes
    // Of a client whose proxy survives: what the dead node's proxy had is lost.
    const survivor = (await servers(MAIL)).indexOf('node2')
    const client = CLIENTS[survivor]!
    const kept = keep(client, MAIL)
    expect(await ask(kept)).toEqual({ status: 200, proxy: 'node2' })
    const mailTransitions = async () => (await second!.status())?.instances[1]?.transitions
    const before = await mailTransitions()

    first!.setCable(false)
    await first!.stopGateway('SIGKILL')
    await until(
      () => second!.holdsVip(WEB) && second!.holdsVip(MAIL) && !first!.holdsVip(WEB),
      15_000,
      'node1 with both',
    )
    await group.settled(1, 2)
    for (const virtualIp of [WEB, MAIL]) expect(distinct(await servers(virtualIp))).toEqual(['node1', 'node2'])
    expect(await ask(kept)).toEqual({ status: 200, proxy: 'node2' })

    first!.setCable(true)
    first!.startGateway()
    await group.settled(0, 3, START_PATIENCE_MS)
    await led('node0', 'node1')
    expect(await ask(kept)).toEqual({ status: 200, proxy: 'node2' })
    expect(await mailTransitions()).toBe(before)
    // Shares move with the load of a machine that has just started a gateway: not while both were asked, in the end.
    let [web, mail] = [await servers(WEB), await servers(MAIL)]
    // But the one whose connection has pinned it, at the director that has the connection.
    const isSame = () => `${mail.with(survivor, undefined)}` === `${web.with(survivor, undefined)}`
    await until(
      async () => {
        if (!isSame()) [web, mail] = [await servers(WEB), await servers(MAIL)]
        return isSame()
      },
      20_000,
      () => `the same node through either: ${web} and ${mail}`,
    )
    expect(distinct(web)).toEqual(ALL)
    expect(mail[survivor]).toBe('node2')
  })

  it('an order hands over the one that is named; without a name all that the node leads', {
    timeout: 60_000,
  }, async () => {
    const [first, second] = group.nodes
    const order = (index: number, ...more: string[]) =>
      group.nodes[index]!.proxyha('failover', '-s', group.nodes[index]!.socket, ...more)
    expect(await order(1, '--instance', 'web')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not the director of web: node0 (10.88.0.11) is'),
    })
    expect((await order(1, '--instance', 'mail')).stdout).toMatch(
      /^mail: node0 \(10\.88\.0\.11\) took over after \d+ ms/,
    )
    await led('node0', 'node0')
    expect((await first!.status())?.role).toBe('director')
    expect((await second!.status())?.role).toBe('scanning')
    const { code, stdout } = await order(0)
    expect([code, stdout.match(/^\w+(?=: node1 )/gm)]).toEqual([0, ['web', 'mail']])
    await led('node1', 'node1')
  })

  it('a virtual IP that moves away has its connections cut where they were, those of the other one live on', {
    timeout: 60_000,
  }, async () => {
    const [first, second] = group.nodes
    const connectionsOf = async (virtualIp: string) => {
      const filter = ['-Htn', 'state', 'established', 'src', virtualIp.split('/')[0]!]
      return (await second!.namespace.run('ss', filter)).stdout.split('\n').filter((line) => line !== '').length
    }
    const [byWeb, byMail] = [keep(CLIENTS[0]!, WEB), keep(CLIENTS[0]!, MAIL)]
    for (const connection of [byWeb, byMail]) expect(await ask(connection)).toMatchObject({ status: 200 })
    expect([await connectionsOf(WEB), await connectionsOf(MAIL)]).toEqual([1, 1])
    await second!.proxyha('failover', '-s', second!.socket, '--instance', 'web')
    await led('node0', 'node1')
    await until(async () => (await connectionsOf(WEB)) === 0, 15_000, 'the connection through web cut at node1')
    expect(await connectionsOf(MAIL)).toBe(1)
    expect(await ask(byMail)).toMatchObject({ status: 200 })
    const nodes = (await first!.status())!.nodes
    expect(nodes.map(({ name, director }) => `${name} ${director}`)).toEqual([
      'node0 true',
      'node1 true',
      'node2 false',
    ])
  })
})
