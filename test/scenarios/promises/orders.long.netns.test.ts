import { expect, it } from 'vitest'
import type { GatewayNode } from '../group.ts'
import { describeExperience, PATIENCE_MS, TEST_MS } from './experience.ts'

/** Resolves when the order is given: what it waits for is what is open here. */
async function drain(node: GatewayNode, director: GatewayNode): Promise<void> {
  const order = director.namespace.start(director.command[0]!, ['drain', node.name, '-s', director.socket])
  await order.nextLine()
  await order.stop('SIGINT')
}

describeExperience('orders', (experience, mode) => {
  const order = async (...words: readonly string[]) => {
    const [director] = experience().group.nodes
    expect(await director!.proxyha(...words, '-s', director!.socket)).toMatchObject({ code: 0 })
  }

  it(
    'undrain: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      const [director, drained] = group.nodes as [GatewayNode, GatewayNode]
      await drain(drained, director)
      await group.withoutSlots(drained, PATIENCE_MS)
      await experience().allWell()
      await order('undrain', drained.name)
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'drain of all nodes, and undrain: what is open goes on',
    async () => {
      const { group } = experience()
      const [director] = group.nodes as [GatewayNode]
      const [last, ...others] = group.nodes
      for (const node of others) await drain(node, director)
      expect((await director.proxyha('drain', last!.name, '-s', director.socket)).code).toBe(1)
      await experience().allWell()
      for (const { name } of group.nodes) await order('undrain', name)
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'assign to the node where it is, or to another, and unassign: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      const [director] = group.nodes as [GatewayNode]
      const clients = ['10.88.1.1', '10.88.1.2', '10.88.1.3']
      for (const client of clients) await order('assign', client, 'node1')
      await experience().allWell()
      for (const client of clients) await order('unassign', client)
      await experience().allWell()
      expect((await director.proxyha('assign', '-s', director.socket)).stdout).toContain('no client is assigned')
    },
    TEST_MS,
  )

  it(
    'the director is stopped while all others drain: in kernel mode what is open goes on, and new ones go on to those',
    async () => {
      const { group, open, begun } = experience()
      const [director, ...others] = group.nodes as [GatewayNode, GatewayNode, GatewayNode]
      for (const node of others) await drain(node, director)
      await director.stopGateway('SIGTERM')
      await group.settled(1, 2, PATIENCE_MS)
      if (mode === 'kernel') {
        await open.allLive()
        await begun.allAnswered()
      } else {
        // Who had just been connected ends as what is open does.
        const { failed } = await begun.sofar()
        expect(failed.filter((how) => how.endsWith('connected never'))).toEqual([])
        await begun.allAnswered()
      }
      director.startGateway()
      for (const { name } of others)
        expect(await others[0].proxyha('undrain', name, '-s', others[0].socket)).toMatchObject({ code: 0 })
      await group.settled(0, 3, PATIENCE_MS)
    },
    TEST_MS,
  )
})
