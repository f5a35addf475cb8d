import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until, VIP } from '../group.ts'
import { Doctor } from './doctor.ts'

describeInNamespaces('a group explains itself', { programs: ['squid', 'curl', 'keepalived', 'nft'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  it('two directors are told by both, with what to do; healed, clients know the winner', {
    timeout: 90_000,
  }, async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    const doctor = new Doctor(group)
    await group.start()
    const [winner, loser] = group.nodes as [GatewayNode, GatewayNode]
    for (const node of [winner, loser]) {
      const { code, stdout } = await node.proxyha('doctor', '-s', node.socket)
      expect([code, stdout]).toEqual([0, expect.stringContaining('nothing to worry about')])
    }

    // The adverts of the winner no longer reach the loser; everything else does.
    const nft = (...command: readonly string[]) => loser.namespace.run('nft', command)
    await nft('add', 'table', 'ip', 'filter')
    await nft('add', 'chain', 'ip', 'filter', 'input', '{', 'type filter hook input priority 0;', '}')
    const deaf = await nft(
      'add',
      'rule',
      'ip',
      'filter',
      'input',
      'ip',
      'saddr',
      winner.address,
      'ip',
      'protocol',
      '112',
      'drop',
    )
    expect(deaf).toMatchObject({ code: 0 })

    const told = await doctor.found(winner, 'dual-master')
    expect(told.evidence[0]).toMatch(/^it has priority 89, this node 99: it has to give way, and has sent \d+ adverts/)
    expect(told.advice).toContain(loser.address)
    const heard = await doctor.found(loser, 'two-directors')
    expect(heard.evidence[0]).toContain(winner.address)
    expect(group.holders()).toEqual(['node0', 'node1'])
    // Whoever it reaches, a client now has an entry for the VIP.
    await group.fetch(CLIENTS[0]!)

    await nft('delete', 'table', 'ip', 'filter')
    await until(
      () => `${group!.holders()}` === 'node0',
      5000,
      () => `node0 alone: ${group!.holders()}`,
    )
    await until(
      () => group!.client.ip('neigh', 'show', VIP).includes(winner.mac()),
      5000,
      () => `the client to know ${winner.mac()}: ${group!.client.ip('neigh', 'show', VIP)}`,
    )
  })

  it("somebody else's use of our VRID is named, and a VRID suggested that nobody uses", {
    timeout: 90_000,
  }, async () => {
    group = new Group(namespaces, { priorities: [99] })
    const doctor = new Doctor(group)
    await group.start()
    const [node] = group.nodes as [GatewayNode]
    expect(await doctor.examine(node)).toMatchObject({ code: 0, findings: [{ code: 'alone' }, { code: 'no-traffic' }] })
    const file = join(group.folder, 'keepalived.conf')
    const instance = (name: string, vrid: number, address: string, more = '') =>
      `vrrp_instance ${name} { state MASTER
  interface eth0
  virtual_router_id ${vrid}
  priority 50
  advert_int 1
  ${more}
  virtual_ipaddress { ${address}/16 }
}
`
    const authentication = 'authentication { auth_type PASS\n auth_pass secret }'
    writeFileSync(file, instance('OURS', 51, '10.88.0.77', authentication) + instance('NEXT', 52, '10.88.0.78'))
    const pids = ['-p', join(group.folder, 'keepalived.pid'), '-r', join(group.folder, 'vrrp.pid')]
    group.origin.start('keepalived', ['-n', '-l', '-P', '-f', file, ...pids])

    const found = await doctor.found(node, 'foreign-vrid')
    expect(found.evidence[0]).toContain(
      'version 2, priority 50, every 1000 ms, with authentication, virtual IPs 10.88.0.77',
    )
    await until(
      async () => (await doctor.found(node, 'foreign-vrid')).advice?.includes('53, 54, 55 were not heard') === true,
      15_000,
      'VRID 53 suggested, as 52 is in use',
    )
    // It is discarded, and nobody else is disturbed by it.
    const { stdout } = await node.proxyha('status', '-s', node.socket)
    expect(stdout).toMatch(/^Discarded {3}adverts, by reason: auth \d+$/m)
    expect(group.holders()).toEqual(['node0'])
  })
})
