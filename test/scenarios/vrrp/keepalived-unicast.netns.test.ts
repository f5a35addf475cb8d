import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { Group, until, VIP } from '../group.ts'
import { startKeepalived } from './keepalived.ts'

/** keepalived 2.2 with `unicast_peer` as a member of the group; nothing of it goes to 224.0.0.18. */
describeInNamespaces('keepalived as a unicast peer', { programs: ['squid', 'keepalived', 'tcpdump'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  const holds = (host: Namespace) => host.ip('-o', '-4', 'address', 'show', 'dev', 'eth0').includes(` ${VIP}/`)

  it.each([2, 3] as const)('VRRP version %i: each takes over from the other', { timeout: 90_000 }, async (version) => {
    const settings = `vrrp: { version: ${version}, unicastPeers: [10.88.0.99] }`
    group = new Group(namespaces, { priorities: [99], settings })
    await group.start()
    const [node] = group.nodes
    const peer = group.origin
    const adverts = peer.start('tcpdump', ['-l', '-n', '-i', 'eth0', 'ip proto 112'])
    let heard = ''
    adverts.process.stdout!.on('data', (text) => {
      heard += text
    })

    const keepalived = startKeepalived(peer, group.folder, {
      version,
      priority: 150,
      advertInterval: 1,
      virtualIp: `${VIP}/16`,
      settings: 'unicast_src_ip 10.88.0.99\n  unicast_peer { 10.88.0.11 }',
    })
    await until(() => holds(peer) && !node!.holdsVip(), 15_000, 'keepalived, of higher priority, as master')
    await until(async () => (await node!.status())?.vrrp.masterIp === '10.88.0.99', 5000, 'the gateway following it')

    // Its priority 0, by unicast, makes us follow long before a master-down interval is over.
    await keepalived.stop('SIGTERM')
    await until(() => node!.holdsVip() && !holds(peer), 2500, 'the gateway as master after its priority 0')
    expect((await node!.status())!.role).toBe('director')
    for (const [from, to] of [
      ['10.88.0.11', '10.88.0.99'],
      ['10.88.0.99', '10.88.0.11'],
    ]) {
      expect(heard).toContain(`IP ${from} > ${to}: VRRP`)
    }
    expect(heard).not.toContain('224.0.0.18')
  })
})
