import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../namespaces.ts'
import { Group, macOf, until } from './group.ts'
import { startKeepalived } from './vrrp/keepalived.ts'

const VIP = 'fd00:88::10'
const CLIENT = 'fd00:88::1:1'
const SETTINGS = 'vrrp: { version: 3, advertInterval: 200ms }'

describeInNamespaces('a gateway with a virtual IP of IPv6', { programs: ['squid', 'keepalived'] }, (namespaces) => {
  let group: Group | undefined

  afterEach(async () => {
    await namespaces.close()
    group?.close()
  })

  function groupOf(priorities: readonly number[], originalPort = 8080): Group {
    group = new Group(namespaces, { priorities, originalPort, virtualIp: `${VIP}/64`, settings: SETTINGS })
    group.client.ip('address', 'add', `${CLIENT}/64`, 'dev', 'eth0', 'nodad')
    return group
  }

  const linkLocalOf = (host: Namespace) =>
    /inet6 (fe80:\S+)\//.exec(host.ip('-6', 'address', 'show', 'dev', 'eth0', 'scope', 'link'))?.[1]

  it.each([
    ['on a port of its own', 8080],
    ['on the port that the proxy itself has (nftables)', 3128],
  ])('serves clients of IPv6 %s, also after the director was killed', { timeout: 90_000 }, async (_, port) => {
    const { nodes, client } = groupOf([150, 100], port)
    await group!.start()
    const [director, follower] = nodes
    expect(group!.holders()).toEqual(['node0'])
    expect(await director!.status()).toMatchObject({
      vrrp: { state: 'MASTER', version: 3, masterIp: linkLocalOf(director!.namespace) },
      virtualIps: [{ address: VIP, held: true }],
    })
    expect(await group!.fetch(CLIENT)).toMatch(/^node[01]$/)
    const neighbour = () => client.ip('-6', 'neighbour', 'show', VIP)
    expect(neighbour()).toContain(macOf(director!.namespace))

    await director!.stopGateway('SIGKILL')
    // The proxy of the node dies with it, as when a host does.
    await director!.stopProxy()
    await until(() => follower!.holdsVip(), 10_000, 'the follower as director')
    // Its neighbour advertisements have told the client, which has not asked.
    await until(
      () => neighbour().includes(macOf(follower!.namespace)),
      5000,
      () => `the new MAC at the client: ${neighbour()}`,
    )
    await until(async () => (await group!.fetch(CLIENT)) === 'node1', 20_000, 'the follower serving')
  })

  const start = (host: Namespace, folder: string, priority: number) =>
    startKeepalived(host, folder, { version: 3, priority, advertInterval: 0.2, virtualIp: `${VIP}/64` })

  /** Its VRRP process first: told of its parent's death, it would stop in order. The parent must not start another. */
  async function kill(keepalived: RunningProgram, folder: string): Promise<void> {
    keepalived.process.kill('SIGSTOP')
    process.kill(Number(readFileSync(join(folder, 'vrrp.pid'), 'utf8')), 'SIGKILL')
    await keepalived.stop('SIGKILL')
    for (const name of ['keepalived.pid', 'vrrp.pid']) rmSync(join(folder, name), { force: true })
  }

  it('keepalived beside it: each takes over from the other by priority, priority 0 and death', {
    timeout: 90_000,
  }, async () => {
    const { nodes, origin, folder } = groupOf([99])
    const [node] = nodes
    await group!.start()
    const keepalivedHolds = () => origin.ip('-o', 'address', 'show', 'dev', 'eth0').includes(` ${VIP}/`)
    const oneHolds = (which: 'keepalived' | 'gateway', withinMs: number, after: string) =>
      until(
        () => keepalivedHolds() === (which === 'keepalived') && node!.holdsVip() === (which === 'gateway'),
        withinMs,
        () => `${which} as master after ${after}; keepalived ${keepalivedHolds()}, gateway ${node!.holdsVip()}`,
      )

    let keepalived = start(origin, folder, 150)
    await oneHolds('keepalived', 10_000, 'a higher priority joined')
    const peer = linkLocalOf(origin)
    await until(
      async () => (await node!.status())?.vrrp.masterIp === peer,
      5000,
      'keepalived known as the master by its link-local address',
    )
    expect(await node!.status()).toMatchObject({
      role: 'scanning',
      vrrp: { state: 'BACKUP', masterPriority: 150 },
    })

    await keepalived.stop('SIGTERM')
    await oneHolds('gateway', 5000, "keepalived's priority 0")

    keepalived = start(origin, folder, 150)
    await oneHolds('keepalived', 10_000, 'it came back')
    await kill(keepalived, folder)
    let last: unknown
    await until(
      async () => {
        last = await node!.status()
        return node!.holdsVip()
      },
      10_000,
      () => `the gateway as master after keepalived's death; its status: ${JSON.stringify(last)}`,
    )
    // Killed, keepalived leaves its address behind.
    origin.ip('address', 'delete', `${VIP}/64`, 'dev', 'eth0')

    keepalived = start(origin, folder, 50)
    // It must have heard us as long as it takes to be sure that it does not take over.
    await expect(oneHolds('keepalived', 3000, 'a lower priority joined')).rejects.toThrow('not within')
    expect(node!.holdsVip()).toBe(true)
    await node!.stopGateway('SIGTERM')
    await oneHolds('keepalived', 5000, "the gateway's priority 0")
    node!.startGateway()
    await oneHolds('gateway', 20_000, 'the gateway came back')
    await node!.stopGateway('SIGKILL')
    await oneHolds('keepalived', 10_000, "the gateway's death")
    await keepalived.stop('SIGTERM')
  })
})
