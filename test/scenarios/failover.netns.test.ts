import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { Group, START_PATIENCE_MS, until, VIP } from './group.ts'

interface Outcome {
  readonly opened: number
  readonly answered: number
  readonly failed: readonly string[]
  readonly cut: readonly string[]
}

/** `proxyha failover`, while a client opens a connection every 4 ms. */
describeInNamespaces('an operator orders a failover', { programs: ['squid', 'tcpdump'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  async function startClient(): Promise<RunningProgram> {
    const script = new URL('./fixtures/connect-often.ts', import.meta.url)
    const client = group!.client.startScript(script, VIP, '8080', '4', 'http://10.88.0.99/')
    expect(await client.nextLine()).toBe('{}')
    return client
  }

  async function outcomeOf(client: RunningProgram): Promise<Outcome> {
    client.process.stdin!.write('\n')
    return JSON.parse(await client.nextLine()) as Outcome
  }

  it('the next node takes over, it can be had back, at a stop it takes over again, and gives way when the first is back; no new connection fails', {
    timeout: 120_000,
  }, async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    await group.start()
    const [first, second] = group.nodes
    const client = await startClient()

    const refused = await second!.proxyha('failover', '-s', second!.socket)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('node0 (10.88.0.11) is; order it there') })

    const ordered = await first!.proxyha('failover', '-s', first!.socket, '--json')
    expect(ordered).toMatchObject({ code: 0, stderr: '' })
    const handOver = JSON.parse(ordered.stdout)
    expect(handOver).toMatchObject({ outcome: 'taken', by: second!.address, priority: 89 })
    // The skew of priority 89 in version 2, (256 - 89) / 256 s; three intervals of silence would be 3.65 s.
    expect(handOver.afterMs).toBeLessThan(3000)
    await group.settled(1, 2)
    expect(group.holders()).toEqual(['node1'])
    expect((await first!.status())!.warnings).toEqual([expect.stringContaining('stepped down')])

    // What has stepped down is given the VIP back by the same order to its follower.
    const back = await second!.proxyha('failover', '-s', second!.socket)
    expect(back.stdout).toMatch(/^node0 \(10\.88\.0\.11\) took over after \d+ ms, with priority 99\n$/)
    await group.settled(0, 2)
    expect(group.holders()).toEqual(['node0'])

    // An ordered stop is a hand-over, too.
    await first!.stopGateway('SIGTERM')
    await group.settled(1, 1)
    expect(group.holders()).toEqual(['node1'])
    first!.startGateway()
    await group.settled(0, 2, START_PATIENCE_MS)

    const outcome = await outcomeOf(client)
    expect(outcome.failed).toEqual([])
    expect(outcome.answered).toBeGreaterThan(100)
  })

  it('announce sends gratuitous ARP again; without another node a failover is refused, and forced it comes back', {
    timeout: 60_000,
  }, async () => {
    group = new Group(namespaces, { priorities: [99] })
    await group.start()
    const [node] = group.nodes
    const refused = await node!.proxyha('failover', '-s', node!.socket)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('none is known; --force') })

    const filter = `arp and arp src host ${VIP} and arp dst host ${VIP}`
    const tcpdump = group.client.start('tcpdump', ['-l', '-n', '-i', 'eth0', '-c', '1', filter])
    let listens = ''
    tcpdump.process.stderr!.on('data', (text) => {
      listens += text
    })
    await until(
      () => listens.includes('listening on'),
      10_000,
      () => `tcpdump listening: ${listens}`,
    )
    const announced = await node!.proxyha('announce', '-s', node!.socket)
    expect(announced).toMatchObject({ code: 0, stdout: `announced ${VIP}\n` })
    expect(await tcpdump.nextLine()).toContain(`who-has ${VIP}`)

    const forced = await node!.proxyha('failover', '--force', '-s', node!.socket)
    expect(forced).toMatchObject({ code: 1, stderr: expect.stringContaining('this node goes on as director') })
    expect(group.holders()).toEqual(['node0'])
  })
})
