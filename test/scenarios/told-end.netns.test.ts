import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, VIP } from './group.ts'
import { startNamedServers } from './survival.ts'

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
  async function toldOf(event: () => Promise<unknown>): Promise<void> {
    const script = new URL('./fixtures/waiting-connections.ts', import.meta.url)
    const clients = group.client.startScript(script, VIP, `${ORIGINAL_PORT}`, ...EIGHT)
    expect(await clients.nextLine()).toBe('[]')
    await event()
    const ends = clients.nextLine()
    const silence = new Promise<string>((resolve) => setTimeout(resolve, 10_000, '"silence"'))
    expect(JSON.parse(await Promise.race([ends, silence]))).toEqual(EIGHT.map(() => 'ECONNRESET'))
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

  it('at an ordered stop of the last one', async () => {
    const [first, second] = group.nodes
    await second!.stopGateway('SIGTERM')
    await group.settled(0, 1)
    await toldOf(() => first!.stopGateway('SIGTERM'))
  }, 120_000)
})
