import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { type GatewayNode, Group, until } from './group.ts'

const PATIENCE_MS = 30_000

/** What a node says of its own proxy. */
const problemAt = async (node: GatewayNode) => (await node.status())?.monitor.ports[0]?.problem ?? null

describeInNamespaces('a proxy that is asked for more than listening', { programs: ['squid', 'curl'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, {
      priorities: [99, 89],
      redirect: ', check: { type: http, url: "http://10.88.0.99/", interval: 1s, timeout: 1s }',
    })
    await group.start()
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('listens and stands still: its node gets no clients, and says what is wrong; it goes on: the node takes part again', async () => {
    const [director, scanning] = group.nodes as [GatewayNode, GatewayNode]
    // The kernel goes on taking connections for it.
    scanning.proxy!.process.kill('SIGSTOP')
    await group.settled(0, 1, PATIENCE_MS)
    expect(await scanning.status()).toMatchObject({
      monitor: {
        state: 'failure',
        ports: [{ port: 3128, listening: true, problem: 'gave no answer within 1000 ms' }],
      },
    })
    for (const nodes of await group.nodesByClient(1)) expect([...nodes]).toEqual([director.name])
    scanning.proxy!.process.kill('SIGCONT')
    await group.settled(0, 2, PATIENCE_MS)
    expect(await problemAt(scanning)).toBeNull()
  })

  it('cannot reach what it is asked for: every node says so, and takes part again when it can', async () => {
    await group.origin.run('ip', ['link', 'set', 'eth0', 'down'])
    for (const node of group.nodes) {
      await until(
        async () => (await problemAt(node)) !== null,
        PATIENCE_MS,
        `${node.name} to see that its proxy reaches nothing`,
      )
    }
    await group.origin.run('ip', ['link', 'set', 'eth0', 'up'])
    await group.settled(0, 2, PATIENCE_MS)
  })
})
