import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../namespaces.ts'
import { Group, until, VIP } from './group.ts'

/** keepalived 2.2 with `unicast_peer` as a member of the group; nothing of it goes to 224.0.0.18. */
describeInNamespaces('keepalived as a unicast peer', { programs: ['squid', 'keepalived', 'tcpdump'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  function startKeepalived(host: Namespace, folder: string, version: 2 | 3): RunningProgram {
    const file = join(folder, 'keepalived.conf')
    writeFileSync(
      file,
      `global_defs { vrrp_version ${version} }
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 1
  unicast_src_ip 10.88.0.99
  unicast_peer { 10.88.0.11 }
  virtual_ipaddress { ${VIP}/16 }
}
`,
    )
    const pids = ['-p', join(folder, 'keepalived.pid'), '-r', join(folder, 'vrrp.pid')]
    return host.start('keepalived', ['-n', '-l', '-P', '-f', file, ...pids])
  }

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

    const keepalived = startKeepalived(peer, group.folder, version)
    await until(
      () => holds(peer) && !node!.holdsVip(),
      15_000,
      () => 'keepalived, of higher priority, as master',
    )
    await until(
      async () => (await node!.status())?.vrrp.masterIp === '10.88.0.99',
      5000,
      () => 'the gateway following it',
    )

    // Its priority 0, by unicast, makes us follow long before a master-down interval is over.
    await keepalived.stop('SIGTERM')
    await until(
      () => node!.holdsVip() && !holds(peer),
      2500,
      () => 'the gateway as master after its priority 0',
    )
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
