import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startNamedServer } from '../survival.ts'
import { describeExperience, PATIENCE_MS, TEST_MS } from './experience.ts'

/** Shorter than a client's patience for an answer. */
const STANDSTILL_MS = 4000

describeExperience('the proxy of a node', (experience, mode) => {
  const parts = () => {
    const { group } = experience()
    return { group, node: group.nodes[1]! }
  }

  it(
    'closes its listener: what is open goes on, there and elsewhere, and nothing that is new fails',
    async () => {
      const { group, node } = parts()
      node.proxy!.process.kill('SIGUSR2')
      await group.withoutSlots(node, PATIENCE_MS)
      await experience().allWell()
      node.proxy!.process.kill('SIGUSR2')
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'stands still, and nobody asks it: what is open goes on with it, elsewhere without it, and nothing that is new fails',
    async () => {
      const { group, node } = parts()
      node.proxy!.process.kill('SIGSTOP')
      await pause(STANDSTILL_MS)
      node.proxy!.process.kill('SIGCONT')
      await experience().allWell()
      await group.settled(0, 3, PATIENCE_MS)
    },
    TEST_MS,
  )

  it(
    'is filtered on the way: what is open goes on, there when it is filtered no more; nothing that is new fails',
    async () => {
      const { group, node } = parts()
      const nft = async (script: string) => expect(await node.namespace.run('nft', [script])).toMatchObject({ code: 0 })
      await nft(
        'table inet firewall { chain in { type filter hook input priority 0; tcp dport { 3128, 8080 } drop; }; }',
      )
      await group.withoutSlots(node, PATIENCE_MS)
      await nft('delete table inet firewall')
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'as those of all others, closes its listener: what is open goes on, and what is new is refused or reset at once',
    async () => {
      const { group } = parts()
      for (const { proxy } of group.nodes) proxy!.process.kill('SIGUSR2')
      for (const node of group.nodes) await group.withoutSlots(node, PATIENCE_MS)
      // What was under way when they closed may have waited.
      await experience().begun.sofar()
      await pause(1000)
      const { answered, failed } = await experience().begun.sofar()
      expect(answered).toBe(0)
      const end = mode === 'kernel' ? /ECONNREFUSED, connected never$/ : /ECONNRESET, connected after \d+ ms$/
      expect(failed.filter((how) => !end.test(how))).toEqual([])
      expect(failed.length).toBeGreaterThan(0)
      await experience().open.allLive()
      for (const { proxy } of group.nodes) proxy!.process.kill('SIGUSR2')
      await group.settled(0, 3, PATIENCE_MS)
      await experience().open.allLive()
    },
    TEST_MS,
  )

  it(
    'is killed: what is open there is reset or closed at once, elsewhere it goes on, and nothing that is new fails',
    async () => {
      const { group, node } = parts()
      await node.stopProxy()
      await group.withoutSlots(node, PATIENCE_MS)
      const { nodes, hows } = await experience().ends()
      expect(nodes).toEqual([node.name])
      expect(hows.filter((how) => !/ (closed|ECONNRESET)$/.test(how))).toEqual([])
      const { failed } = await experience().begun.sofar()
      expect(failed).toEqual([])
      startNamedServer(node)
      await group.settled(0, 3, PATIENCE_MS)
      await experience().begun.allAnswered()
    },
    TEST_MS,
  )
})

describeExperience(
  'a proxy that is asked',
  (experience) => {
    it(
      'stands still: what is open goes on with it, elsewhere without it; what is new is served elsewhere once it was asked in vain',
      async () => {
        const { group } = experience()
        const node = group.nodes[1]!
        node.proxy!.process.kill('SIGSTOP')
        await group.withoutSlots(node, PATIENCE_MS)
        // What was under way there waits for it.
        const waiting = experience().begun.sofar()
        node.proxy!.process.kill('SIGCONT')
        expect((await waiting).failed).toEqual([])
        await group.settled(0, 3, PATIENCE_MS)
        await experience().allWell()
      },
      TEST_MS,
    )
  },
  { redirect: ', check: { type: http, url: "http://10.88.0.99/", interval: 1s, timeout: 1s }' },
)
