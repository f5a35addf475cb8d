import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, until } from '../group.ts'
import { RawPeer } from '../vrrp/raw-peer.ts'
import { Doctor } from './doctor.ts'

const WEB = '10.88.0.10'
const MAIL = '10.88.0.20'
/** A minute. */
const LONGER_THAN_NOTICES_MS = 90_000

const webOf = (priority: number) =>
  `{ name: web, virtualRouterId: 51, directorPriority: ${priority}, virtualIps: [${WEB}/16] }`
const mailOf = (priority: number) =>
  `{ name: mail, virtualRouterId: 52, directorPriority: ${priority}, virtualIps: [${MAIL}/16] }`
const instances = (...elections: readonly string[]) => `instances: [${elections.join(', ')}]`

/** One group of two virtual routers, both led by the first node; each fault is made, named, and undone. */
describeInNamespaces(
  'the doctor names what keeps a director from leading',
  { programs: ['squid', 'nft'] },
  (namespaces) => {
    let group: Group
    let doctor: Doctor
    let director: GatewayNode
    let scanning: GatewayNode

    beforeAll(async () => {
      const elections = [99, 89].map((priority) => instances(webOf(priority), mailOf(priority)))
      group = new Group(namespaces, { priorities: [99, 89], elections })
      doctor = new Doctor(group)
      ;[director, scanning] = group.nodes as [GatewayNode, GatewayNode]
      await group.start()
      await doctor.healed()
    }, 120_000)

    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    const failover = async (node: GatewayNode) =>
      expect(await node.proxyha('failover', '-s', node.socket)).toMatchObject({ code: 0 })

    it('an address that a stranger has: by who would lead, by who leads without it, and by who gave way', async () => {
      group.client.ip('address', 'add', `${WEB}/16`, 'dev', 'eth0')
      expect((await doctor.found(scanning, 'vip-held-by-stranger')).text).toContain(`${WEB} is held by `)
      await failover(director)
      expect((await doctor.found(scanning, 'not-held')).evidence[0]).toBe(`web: not on the interface: ${WEB}`)
      expect(await doctor.found(director, 'yielding')).toMatchObject({ level: 'note' })
      group.client.ip('address', 'delete', `${WEB}/16`, 'dev', 'eth0')
      await until(() => scanning.holdsVip(`${WEB}/16`), 30_000, `${scanning.name} with ${WEB}`)
      await failover(scanning)
      await doctor.healed()
    }, 150_000)

    it('two nodes of one priority, on both', async () => {
      await doctor.restarted(scanning, (text) => text.replace(webOf(89), webOf(99)))
      for (const [node, other] of [
        [scanning, director],
        [director, scanning],
      ] as const)
        expect((await doctor.found(node, 'same-priority')).text).toBe(
          `web: ${other.address} has the same priority as this node, 99: the higher address wins`,
        )
    }, 60_000)

    it('instances in another order', async () => {
      const turned = instances(mailOf(89), webOf(89))
      await doctor.restarted(scanning, (text) => text.replace(instances(webOf(99), mailOf(89)), turned))
      // Who leads says hello to all; this one answers to a director of VRID 52, and there is none.
      const order = await doctor.found(scanning, 'instance-order')
      expect(order.text).toContain(
        `beacons from ${director.address} are refused: its first instance has VRID 51, and 52 here`,
      )
      await doctor.restarted(scanning, (text) => text.replace(turned, instances(webOf(89), mailOf(89))))
      await doctor.healed()
    }, 120_000)

    it('adverts that break a rule', async () => {
      const stranger = await RawPeer.start(group.client, '10.88.1.1', [WEB])
      const sending = setInterval(
        () => void stranger.send({ version: 2, priority: 50, intervalCs: 100, ttl: 64 }),
        1000,
      )
      try {
        const discarded = await doctor.found(scanning, 'adverts-discarded')
        expect(discarded.evidence[0]).toContain(`discarded an advert of ${stranger.address}: its TTL`)
      } finally {
        clearInterval(sending)
      }
      await stranger.stop()
    }, 60_000)

    it('what no rule knows better, in the words of the status: here another tool that takes an address away', async () => {
      // One that is put back by the next renewal of its lease is none that was missed.
      await until(
        async () => {
          if (director.holdsVip(`${WEB}/16`)) director.namespace.ip('address', 'delete', `${WEB}/16`, 'dev', 'eth0')
          return (await doctor.examine(director)).findings.some(({ code }) => code === 'vip-contested')
        },
        60_000,
        `${director.name} to tell of a tool that takes ${WEB} away`,
      )
      const told = await doctor.found(director, 'vip-contested')
      expect([told.level, told.text]).toEqual(['warning', expect.stringContaining('something else adds or removes')])
    }, 120_000)

    it('who has just started and does not know the table yet', async () => {
      // Beacons are what it would learn it by.
      const deaf =
        'add table ip deaf; add chain ip deaf in { type filter hook input priority 0; }; add rule ip deaf in ip protocol 253 drop'
      expect(await director.namespace.run('nft', [deaf])).toMatchObject({ code: 0 })
      await doctor.restarted(director, (text) => `${text}vrrp: { holdOff: 60s }\n`)
      const waits = await doctor.found(director, 'hold-off')
      expect([waits.level, `${waits.evidence}`]).toEqual(['note', expect.stringContaining('(vrrp.holdOff)')])
      await director.namespace.run('nft', ['delete table ip deaf'])
      await doctor.restarted(director, (text) => text.replace('vrrp: { holdOff: 60s }\n', ''))
      await group.settled(0, 2, 60_000)
    }, 150_000)

    it(
      'adverts that broke a rule a while ago',
      async () => {
        expect(await doctor.found(scanning, 'adverts-were-discarded', LONGER_THAN_NOTICES_MS)).toMatchObject({
          level: 'note',
          evidence: [expect.stringMatching(/ttl \d+/)],
        })
      },
      2 * LONGER_THAN_NOTICES_MS,
    )

    it('an interface that is gone', async () => {
      scanning.namespace.ip('link', 'set', 'eth0', 'down')
      scanning.namespace.ip('link', 'set', 'eth0', 'name', 'eth7')
      expect((await doctor.found(scanning, 'no-interface')).text).toBe('eth0 is not there')
    }, 60_000)

    it('a group that has no director yet', async () => {
      // Nobody else is left, and this one has to be silent for three intervals first.
      await doctor.restarted(director, (text) => `${text}vrrp: { advertInterval: 40s }\n`)
      expect((await doctor.found(director, 'no-director')).evidence[0]).toMatch(/VRRP is in BACKUP/)
    }, 60_000)
  },
)
