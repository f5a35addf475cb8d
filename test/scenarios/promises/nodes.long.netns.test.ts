import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { crashEachActor, crashToTheEnd } from '../crashes.ts'
import { CLIENTS, type GatewayNode, Group } from '../group.ts'
import { knownAsDead, startServing } from '../survival.ts'
import { describeExperience, Experience, MODES, PATIENCE_MS, TEST_MS } from './experience.ts'

describeExperience('another node', (experience, mode) => {
  it(
    'its gateway is killed, and started again: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      const killed = group.nodes[1]!
      await killed.stopGateway('SIGKILL')
      await group.settled(0, 2, PATIENCE_MS)
      await experience().allWell()
      killed.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'its gateway is stopped, and it joins again: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      const stopped = group.nodes[2]!
      await stopped.stopGateway('SIGTERM')
      await group.settled(0, 2, PATIENCE_MS)
      await experience().allWell()
      stopped.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'a crash of each of its actors: what is open goes on, and nothing that is new fails',
    async () => {
      const { group } = experience()
      await crashEachActor(group.nodes[1]!)
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'its cable is cut, and plugged in: what is open elsewhere goes on; there it ends',
    async () => {
      const { group } = experience()
      const [director, dead] = group.nodes as [GatewayNode, GatewayNode]
      dead.setCable(false)
      await group.settled(0, 2, PATIENCE_MS)
      if (mode === 'kernel') await knownAsDead(dead, director)
      const { nodes, hows } = await experience().ends()
      expect(nodes).toEqual([dead.name])
      expect(hows).toEqual(
        mode === 'kernel' ? ['download silent', 'idle ECONNRESET'] : ['download silent', 'idle silent'],
      )
      const { failed } = await experience().begun.sofar()
      // In kernel mode one had reached the node, or had sent its SYN to it.
      if (mode === 'workers') expect(failed).toEqual([])
      dead.setCable(true)
      await group.settled(0, 3, PATIENCE_MS)
      await experience().begun.allAnswered()
    },
    TEST_MS,
  )
})

describeExperience('the director', (experience, mode) => {
  it(
    'has an actor that crashes again and again: it goes in order, in kernel mode what is open goes on, and what is new is served by the next one',
    async () => {
      const { group, begun, open } = experience()
      const [director] = group.nodes as [GatewayNode]
      expect(await crashToTheEnd(director, 'dispatcher')).toBe(70)
      await group.settled(1, 2, PATIENCE_MS)
      const { answered, failed } = await begun.sofar()
      if (mode === 'kernel') {
        await open.allLive()
        expect(failed).toEqual([])
      } else {
        const { hows } = await experience().ends()
        expect(hows).toEqual(['download ECONNRESET', 'idle ECONNRESET'])
        // Who had just been connected ends as what is open does.
        expect(failed.filter((how) => how.endsWith('connected never'))).toEqual([])
      }
      expect(answered).toBeGreaterThan(0)
      await begun.allAnswered()
      director.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
    },
    TEST_MS,
  )
})

describe.each(MODES)('the last node, in %s mode', (mode) => {
  describeInNamespaces('the clients of a group of one', { programs: ['nft'] }, (namespaces) => {
    let group: Group
    let experience: Experience
    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99], settings: `forwarding: ${mode}` })
      await startServing(group, PATIENCE_MS)
      experience = await Experience.of(mode, group, CLIENTS)
    }, PATIENCE_MS)
    afterAll(async () => {
      await experience.stop()
      await namespaces.close()
      group.close()
    })

    it(
      'is stopped in order, and started again: what is open goes on in kernel mode, and is reset in workers mode; what is new waits for the next start',
      async () => {
        const { open, begun } = experience
        const [only] = group.nodes as [GatewayNode]
        await only.stopGateway('SIGTERM')
        if (mode === 'kernel') await open.allLive()
        else expect((await experience.ends()).hows).toEqual(['download ECONNRESET', 'idle ECONNRESET'])
        const { failed } = await begun.sofar()
        // Those that had just been connected end as what is open does.
        const silent = /(silent|EHOSTUNREACH), connected never$/
        expect(failed.filter((how) => !silent.test(how) && (mode === 'kernel' || how.endsWith('never')))).toEqual([])
        only.startGateway()
        await group.settled(0, 1, PATIENCE_MS)
        if (mode === 'kernel') await open.allLive()
        await begun.sofar()
        await begun.allAnswered()
      },
      TEST_MS,
    )
  })
})
