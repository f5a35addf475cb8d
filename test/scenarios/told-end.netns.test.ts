import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, VIP } from './group.ts'
import { LongConnections, NewConnections, startNamedServers } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000
const EIGHT = CLIENTS.slice(0, 8)

describeInNamespaces('whose connection ends with the director is told, in workers mode', {}, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    await group.settled(0, 2, PATIENCE_MS)
  }, 2 * PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Clients that wait for an answer hear of it, although they say nothing: a reset that leaves too late is none. */
  async function toldOf(event: () => Promise<unknown>, end = 'ECONNRESET'): Promise<void> {
    const script = new URL('./fixtures/waiting-connections.ts', import.meta.url)
    const clients = group.client.startScript(script, VIP, `${ORIGINAL_PORT}`, ...EIGHT)
    expect(await clients.nextLine()).toBe('[]')
    await event()
    const ends = clients.nextLine()
    const silence = new Promise<string>((resolve) => setTimeout(resolve, 10_000, '"silence"'))
    expect(JSON.parse(await Promise.race([ends, silence]))).toEqual(EIGHT.map(() => end))
  }

  const order = (node: GatewayNode) => node.proxyha('failover', '-s', node.socket)

  it('at an ordered failover, there and back', async () => {
    const [first, second] = group.nodes
    await toldOf(() => order(first!))
    await group.settled(1, 2)
    await toldOf(() => order(second!))
    await group.settled(0, 2)
  }, 120_000)

  it('at an ordered stop, and when a node of higher priority returns', async () => {
    const [first] = group.nodes
    await toldOf(() => first!.stopGateway('SIGTERM'))
    await group.settled(1, 1)
    await toldOf(async () => {
      first!.startGateway()
      await group.settled(0, 2, PATIENCE_MS)
    })
  }, 120_000)

  it('at the death of its gateway; new ones are refused at once or wait, and are served when the next one leads', async () => {
    const [first] = group.nodes
    const newcomers = await NewConnections.start(group, ORIGINAL_PORT, 20, CLIENTS.slice(8, 16))
    // A dead process has its sockets closed by its kernel, in order where it has read all.
    await toldOf(() => first!.stopGateway('SIGKILL'), 'closed')
    await group.settled(1, 1)
    const { failed } = await newcomers.sofar()
    expect(failed.length).toBeGreaterThan(0)
    // Those that were just answered, or waited to be, end as what is open does.
    expect(failed.filter((reason) => !/ (ECONNREFUSED|ECONNRESET|ended without an answer),/.test(reason))).toEqual([])
    await newcomers.allAnswered()
    await newcomers.stop()
    first!.startGateway()
    await group.settled(0, 2, PATIENCE_MS)
    await group.heldBy('node0', 10_000)
  }, 120_000)

  it('at an ordered stop of the last one; a stop of another one ends nothing', async () => {
    const [first, second] = group.nodes
    const kept = new LongConnections(group, ORIGINAL_PORT)
    expect(Object.keys((await kept.allOpen()).nodes).sort()).toEqual(['node0', 'node1'])
    const newcomers = await NewConnections.start(group, ORIGINAL_PORT, 20, CLIENTS.slice(8, 16))
    await second!.stopGateway('SIGTERM')
    await group.settled(0, 1)
    await kept.allLive()
    await kept.stop()
    await newcomers.allAnswered()
    await newcomers.stop()
    await toldOf(() => first!.stopGateway('SIGTERM'))
  }, 120_000)
})
