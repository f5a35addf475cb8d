import { expect, it } from 'vitest'
import { ORIGIN } from '../group.ts'
import { SYN_FLOOD_RATE, startSynFlood } from '../survival.ts'
import { describeExperience, ORIGINAL_PORT, PATIENCE_MS, TEST_MS } from './experience.ts'

describeExperience('the group', (experience, _mode, namespaces) => {
  it(
    'has a flood of SYNs from anywhere: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      for (const { namespace } of group.nodes) namespace.ip('route', 'add', 'default', 'via', ORIGIN)
      const flood = startSynFlood(group, ORIGINAL_PORT)
      const { sent } = JSON.parse(await flood.nextLine()) as { sent: number }
      expect(sent).toBeGreaterThan(SYN_FLOOD_RATE)
      for (const { namespace } of group.nodes) namespace.ip('route', 'del', 'default')
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'has a switch that is divided, and heals: what is open goes on then, and what is new waits where it would have gone to the other side',
    async () => {
      const { group, begun } = experience()
      const { bridge } = group
      // The director and the clients stay on the first one.
      bridge.ip('link', 'add', 'br1', 'type', 'bridge')
      bridge.ip('link', 'set', 'br1', 'up')
      namespaces.connect({ namespace: bridge, device: 'trunk0' }, { namespace: bridge, device: 'trunk1' })
      bridge.ip('link', 'set', 'trunk0', 'master', 'br0')
      bridge.ip('link', 'set', 'trunk1', 'master', 'br1')
      for (const port of ['port1', 'port2']) bridge.ip('link', 'set', port, 'master', 'br1')
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
      bridge.ip('link', 'set', 'trunk0', 'down')
      await group.settled(0, 1, PATIENCE_MS)
      await group.settled(1, 2, PATIENCE_MS)
      await begun.allAnswered()
      bridge.ip('link', 'set', 'trunk0', 'up')
      await group.settled(0, 3, PATIENCE_MS)
      await group.heldBy('node0', PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )
})
