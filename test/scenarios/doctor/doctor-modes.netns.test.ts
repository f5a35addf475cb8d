import { afterAll, beforeAll, expect, it } from 'vitest'
import { listeningProxy } from '../../../runtime/lab/testbed/listening-proxy.ts'
import { describeInNamespaces } from '../../namespaces.ts'
import { type GatewayNode, Group, VIP } from '../group.ts'
import { Doctor } from './doctor.ts'

/** A director in kernel mode and a node that was told to stay in workers mode; then what the director leaves. */
describeInNamespaces('the doctor in a group of both modes', { programs: ['nft'] }, (namespaces) => {
  let group: Group
  let doctor: Doctor
  let director: GatewayNode
  let other: GatewayNode

  beforeAll(async () => {
    const node = (priority: number, forwarding: string) =>
      `directorPriority: ${priority}\nvirtualIps: ['${VIP}/16']\nforwarding: ${forwarding}`
    group = new Group(namespaces, {
      priorities: [99, 89],
      elections: [node(99, 'kernel'), node(89, 'workers')],
      settings: '# forwarding: as each node has it',
    })
    doctor = new Doctor(group)
    ;[director, other] = group.nodes as [GatewayNode, GatewayNode]
    for (const each of group.nodes) {
      each.namespace.start(process.execPath, ['-e', listeningProxy(3128)])
      each.startGateway()
    }
    await group.settled(0, 1, 60_000)
  }, 90_000)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('a node in another mode, which nothing mends by itself', async () => {
    const found = await doctor.found(director, 'other-mode')
    expect(found).toMatchObject({ level: 'warning', text: expect.stringContaining(other.address) })
    expect(found.evidence).toContainEqual(expect.stringMatching(/^setting forwarding differs/))
    const codes = (await doctor.examine(director)).findings.map(({ code }) => code)
    expect(codes).not.toContain('low-weight')
    expect(codes).not.toContain('settings-differ')
  }, 60_000)

  it('what a stop has left for open connections, and a virtual IP on lo that nothing silences any more', async () => {
    const connecting = `require('node:net').connect(8080, '${VIP}', () => console.log('open'))`
    const client = group.client.start(process.execPath, ['-e', connecting])
    expect(await client.nextLine()).toBe('open')
    await director.stopGateway('SIGTERM')
    const { findings } = await doctor.examine(director, ':', '-c', director.configFile)
    const left = findings.find(({ code }) => code === 'left-here')
    expect(left?.evidence).toContain(`${VIP}/32 is on lo`)
    expect(left?.evidence).toContain('nft has the table netdev proxyha')
    const removals = left!.advice!.split(': ').at(-1)!.split('; ')
    for (const removal of removals.filter((command) => command.startsWith('nft ')))
      expect(await director.namespace.run('sh', ['-c', removal])).toMatchObject({ code: 0 })
    const bare = await doctor.examine(director, ':', '-c', director.configFile)
    expect(bare.findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['no-gateway', 'vip-left-on-lo']))
  }, 60_000)
})
