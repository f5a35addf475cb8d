import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { type GatewayNode, Group, until, VIP } from './group.ts'

/** Three gateways, and what an operator reads in their logs while one hands over, dies, returns and is drained. */
describeInNamespaces('the log of a group', { programs: ['squid'] }, (namespaces) => {
  let group: Group
  const logs = new Map<GatewayNode, string[]>()

  /** Reads a gateway's log from its start on. */
  function follow(node: GatewayNode): void {
    const said = logs.get(node) ?? []
    logs.set(node, said)
    const { gateway } = node
    const next = (): void =>
      void gateway!.nextLine().then(
        (line) => {
          said.push((JSON.parse(line) as { readonly msg: string }).msg)
          next()
        },
        () => undefined,
      )
    next()
  }

  const saidBy = (index: number): readonly string[] => logs.get(group.nodes[index]!)!
  const partnersOf = (index: number, from: number) =>
    saidBy(index)
      .slice(from)
      .filter((line) => line.startsWith('Scanning partner'))

  async function logged(index: number, line: string | RegExp, from = 0): Promise<void> {
    const isIt = (said: string) => (typeof line === 'string' ? said === line : line.test(said))
    await until(
      async () => saidBy(index).slice(from).some(isIt),
      30_000,
      () => `node${index} to log ${line}: ${saidBy(index).slice(from).join('\n')}`,
    )
  }

  /** A node that led until another one started is given less time to answer it, and may have failed for a moment where all start at once. */
  async function isJoined(index: number, partner: string): Promise<void> {
    await until(
      async () =>
        partnersOf(index, 0).findLast((line) => line.endsWith(` ${partner}`)) ===
        `Scanning partner has joined ${partner}`,
      30_000,
      () => `node${index} to have ${partner} as its partner: ${saidBy(index).join('\n')}`,
    )
  }

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79] })
    for (const node of group.nodes) {
      node.startProxy()
      node.startGateway()
      follow(node)
    }
    await group.settled(0, 3, 60_000)
    for (const index of [0, 1, 2])
      for (const other of [0, 1, 2].filter((at) => at !== index)) await isJoined(index, group.nodes[other]!.address)
    // A node that was the first to start may have led before; of such changes within three adverts the last is told.
    const isToldOf = /the director is (.*) now/
    await until(
      async () =>
        saidBy(2)
          .findLast((line) => isToldOf.test(line))
          ?.includes(group.nodes[0]!.address) === true,
      30_000,
      () => `node2 to log that node0 leads: ${saidBy(2).join('\n')}`,
    )
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('begins with what runs, by which file, and as what', () => {
    for (const [index, { configFile, address, priority }] of group.nodes.entries())
      expect(saidBy(index)[0]).toMatch(
        new RegExp(
          `^proxyha \\S+ starts by ${configFile}: workers mode, ${address} on eth0; VRID 51 of priority ${priority}: virtual IPs ${VIP}/`,
        ),
      )
  })

  it('tells a hand-over in the lines of the original, and on the third node who leads now; nobody has failed', async () => {
    const [first, second] = group.nodes
    const from = [0, 1, 2].map((index) => saidBy(index).length)
    expect(await first!.proxyha('failover', '-s', first!.socket)).toMatchObject({ code: 0 })
    for (const line of [
      'VRRP_Instance(51) Transition to MASTER STATE',
      'VRRP_Instance(51) Entering MASTER STATE',
      'VRRP_Instance(51) setting protocol VIPs.',
      `TX Adding IPV4 Address ${VIP}`,
      `VRRP_Instance(51) Sending gratuitous ARPs on eth0 for ${VIP}`,
      'set lbnetwork 1',
    ])
      await logged(1, line, from[1])
    for (const line of [
      'VRRP_Instance(51) removing protocol VIPs.',
      `TX Removing IPV4 Address ${VIP}`,
      'set lbnetwork 0',
    ])
      await logged(0, line, from[0])
    await logged(2, `VRRP_Instance(51) the director is ${second!.address} now, of priority 89`, from[2])
    await group.settled(1, 3)
    expect(await second!.proxyha('failover', '-s', second!.socket)).toMatchObject({ code: 0 })
    await logged(2, `VRRP_Instance(51) the director is ${first!.address} now, of priority 99`, from[2])
    await group.settled(0, 3)
    // That one has joined may be said late, on a busy host.
    const failed = (index: number) => partnersOf(index, from[index]!).filter((line) => !line.includes('has joined'))
    for (const index of [0, 1, 2]) expect(failed(index), `node${index}: ${saidBy(index).join('\n')}`).toEqual([])
  }, 60_000)

  it('says of a node that dies and returns that it has failed and joined, on every node, and why slots move', async () => {
    const [first, second] = group.nodes
    const from = [0, 1, 2].map((index) => saidBy(index).length)
    await first!.stopGateway('SIGKILL')
    for (const index of [1, 2]) await logged(index, `Scanning partner has failed ${first!.address}`, from[index])
    await logged(1, /^slots: .*this node assigns them from now on/, from[1])
    first!.startGateway()
    follow(first!)
    await group.settled(0, 3)
    for (const index of [1, 2]) await logged(index, `Scanning partner has joined ${first!.address}`, from[index])
    await logged(0, `Scanning partner has joined ${second!.address}`, from[0])
    const forced = saidBy(0)
      .slice(from[0])
      .filter((line) => line.endsWith('forcing a new MASTER election'))
    expect(forced).toHaveLength(1)
  }, 90_000)

  it('says that a drain is over', async () => {
    const [first, , third] = group.nodes
    const from = saidBy(0).length
    const draining = first!.proxyha('drain', third!.name, '-s', first!.socket, '--timeout', '15s')
    const line = `drained: ${third!.name} (${third!.address}) has no connection left`
    await logged(0, line, from)
    await logged(2, line)
    await logged(0, new RegExp(`^slots: .*; ${third!.name} \\(${third!.address}\\) drains`), from)
    expect(await draining).toMatchObject({ code: 0, stdout: expect.stringContaining('is drained') })
  }, 60_000)
})
