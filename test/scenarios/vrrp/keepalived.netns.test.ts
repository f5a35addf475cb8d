import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { Group, until, VIP } from '../group.ts'
import { startKeepalived } from './keepalived.ts'

/** keepalived 2.2 as a member of the group: each takes over from the other by priority and by death. */
describeInNamespaces('keepalived beside a gateway', { programs: ['squid', 'keepalived'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  const start = (host: Namespace, folder: string, version: 2 | 3, priority: number) =>
    startKeepalived(host, folder, { version, priority, advertInterval: 1, virtualIp: `${VIP}/16` })

  const holds = (host: Namespace) => host.ip('-o', '-4', 'address', 'show', 'dev', 'eth0').includes(` ${VIP}/`)

  it.each([2, 3] as const)(
    'VRRP version %i: takes over by priority and by death, both ways',
    { timeout: 90_000 },
    async (version) => {
      group = new Group(namespaces, { priorities: [99], settings: `vrrp: { version: ${version} }` })
      const [node] = group.nodes
      const peer = group.origin
      await group.start()
      expect(node!.holdsVip()).toBe(true)

      // A higher priority joins, and takes the VIP from us.
      let keepalived = start(peer, group.folder, version, 150)
      await until(() => holds(peer) && !node!.holdsVip(), 10_000, 'keepalived as master')
      const status = await node!.status()
      expect(status).toMatchObject({
        role: 'scanning',
        vrrp: { state: 'BACKUP', masterIp: '10.88.0.99', masterPriority: 150 },
      })

      // It stops in order: its priority 0 makes us take over in skew time, long before a master-down interval is over.
      await keepalived.stop('SIGTERM')
      await until(() => node!.holdsVip(), 2500, 'the gateway as master after its priority 0')
      keepalived = start(peer, group.folder, version, 150)
      await until(() => holds(peer) && !node!.holdsVip(), 10_000, 'keepalived as master again')

      // It dies, and we take over. Its address stays behind on its interface: the peer is dead, not clean.
      await keepalived.stop('SIGKILL')
      await until(() => node!.holdsVip(), 5000, 'the gateway as master')
      if (holds(peer)) peer.ip('address', 'del', `${VIP}/16`, 'dev', 'eth0')

      // A lower priority joins and stays a backup; it takes over when we die.
      keepalived = start(peer, group.folder, version, 50)
      await node!.stopGateway('SIGKILL')
      await until(() => holds(peer), 6000, 'keepalived as master after our death')

      // We return with the higher priority, and take the VIP back.
      node!.startGateway()
      await group.settled(0, 1)
      await until(() => !holds(peer), 2000, 'keepalived without the VIP')

      // We stop in order: our priority 0 makes it take over at once.
      await node!.stopGateway('SIGTERM')
      await until(() => holds(peer), 2000, 'keepalived as master after our priority 0')
      await keepalived.stop('SIGTERM')
    },
  )
})
