import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group } from '../group.ts'
import { Doctor } from './doctor.ts'

/** The heir of the lowest priority waits for almost a whole interval: long enough to be looked at. */
const UNHURRIED = 'vrrp: { version: 3, advertInterval: 6s, holdOff: 0s }'

describeInNamespaces('the doctor during a hand-over', { programs: ['squid'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 1], settings: UNHURRIED })
    await group.start()
  }, 120_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('says that it is under way, as a note; then it is over', async () => {
    const [director] = group.nodes as [GatewayNode]
    const order = director.proxyha('failover', '-s', director.socket)
    expect(await new Doctor(group).found(director, 'hand-over')).toMatchObject({
      level: 'note',
      text: 'a hand-over is under way',
    })
    expect(await order).toMatchObject({ code: 0 })
  }, 60_000)
})
