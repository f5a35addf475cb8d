import { expect, it } from 'vitest'
import { until, VIP } from '../group.ts'
import { listing } from '../survival.ts'
import { describeExperience, PATIENCE_MS, TEST_MS } from './experience.ts'

const SERVED_AGAIN_MS = 10_000

describeExperience('the host', (experience, mode) => {
  const parts = () => {
    const { group, begun } = experience()
    return { group, begun, director: group.nodes[0]! }
  }

  it(
    'has its ruleset flushed: in kernel mode what sends meanwhile ends, and new ones are refused until the tables are back; else nothing happens',
    async () => {
      const { group, director, begun } = parts()
      expect((await director.namespace.run('nft', ['flush ruleset'])).code).toBe(0)
      if (mode === 'workers') {
        await experience().allWell()
        return
      }
      await until(
        async () => (await listing(director, 'map', 'duties4')).includes(`${VIP} : goto direct4`),
        SERVED_AGAIN_MS,
        'the tables to be back',
      )
      const { hows } = await experience().ends()
      expect(hows.filter((how) => !/^download (ECONNRESET|silent)$/.test(how))).toEqual([])
      const { failed } = await begun.sofar()
      expect(failed.filter((how) => !/ (ECONNREFUSED|ECONNRESET), connected /.test(how))).toEqual([])
      await group.settled(0, 3, PATIENCE_MS)
      await begun.allAnswered()
    },
    TEST_MS,
  )

  it(
    'loses the virtual IP by hand: it is back, what is open goes on, and nothing that is new fails',
    async () => {
      const { group, director } = parts()
      director.namespace.ip('address', 'del', `${VIP}/16`, 'dev', 'eth0')
      await until(() => director.holdsVip(), PATIENCE_MS, 'it is back')
      await group.settled(0, 3, PATIENCE_MS)
      await experience().allWell()
    },
    TEST_MS,
  )

  it(
    'has all addresses of its interface flushed: new ones are served by the next director',
    async () => {
      const { group, director, begun } = parts()
      director.namespace.ip('address', 'flush', 'dev', 'eth0')
      await group.settled(1, 2, PATIENCE_MS)
      const { answered, failed } = await begun.sofar()
      expect(answered).toBeGreaterThan(0)
      // Who had just been connected ends as what is open does.
      expect(failed.filter((how) => how.endsWith('connected never'))).toEqual([])
      director.namespace.ip('address', 'add', `${director.address}/16`, 'dev', 'eth0')
      await group.settled(0, 3, PATIENCE_MS)
      await begun.allAnswered()
    },
    TEST_MS,
  )
})
