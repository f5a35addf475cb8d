import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeOf, fullRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Ruleset } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces } from '../../namespaces.ts'
import { Capture } from './capture.ts'
import { apply, KernelGroup, VIP, VIP6 } from './kernel-group.ts'
import { slotsOf } from './rulesets.ts'

const clients = ['10.77.0.101', 'fd00:77::101'] as const
const vipOf = (client: string) => (client.includes(':') ? VIP6 : VIP)
const urlOf = (client: string) => `${client.includes(':') ? `[${VIP6}]` : VIP}:80/`

/** Only the third gateway's proxy listens; the monitors of the others have not seen yet that theirs do not. */
describeInNamespaces('a proxy that has just ended', { programs: ['nft', 'curl', 'tcpdump', 'ss'] }, (namespaces) => {
  let group: KernelGroup
  let inForce: Ruleset

  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    group.addClients(...clients)
    const proxy = new URL('./fixtures/named-proxy.ts', import.meta.url)
    expect(await group.gateways[2].namespace.startScript(proxy, 'node-3', '9090', '80').nextLine()).toBeDefined()
  })
  afterAll(() => namespaces.close())

  /** Its clients' SYNs go to that node. */
  const begin = async (owner: number, proxyPort: number, changes: Partial<Ruleset> = {}) => {
    const all = { redirects: [{ originalPorts: [80], proxyPort }], hidesUnlistened: true, ...changes }
    await group.direct(group.gateways[0], { ...all, slots: slotsOf(() => owner) })
    inForce = group.rulesetOf(group.gateways[0], true, { ...all, slots: slotsOf(() => owner) })
  }

  describe.each([
    ['rewritten', 9090],
    ['kept', 80],
  ])('whose port is %s', (_, proxyPort) => {
    it.each(clients.flatMap((client) => [2, 1].map((node) => [client, node] as const)))(
      '%s waits for the next try, by another node, instead of being refused by node %i',
      async (client, node) => {
        await begin(node, proxyPort)
        const capture = await Capture.start(group.bridge, 'br0', 'tcp')
        const answer = group.ask(urlOf(client), '--interface', client)
        const mac = group.gateways[node - 1]!.mac
        await capture.until(({ to, text }) => to === mac && text.includes(client))
        await apply(group.gateways[0].namespace, changeOf(inForce, { ...inForce, slots: slotsOf(() => 3) })!)
        expect(await answer).toBe(`node-3 ${client} ${proxyPort}`)
        await capture.stop()
      },
    )

    it.each(clients)('%s is refused at once where the group knows that nobody listens', async (client) => {
      await begin(2, proxyPort)
      const nodes = inForce.nodes.map((node) => ({ ...node, takesNew: false }))
      await apply(group.gateways[0].namespace, changeOf(inForce, { ...inForce, nodes, refusing: true })!)
      expect(await group.ask(urlOf(client), '--interface', client), 'connection refused').toBe('curl ended with 7')
    })
  })

  it.each(clients)('%s is refused at once where the monitor is slower than its patience', async (client) => {
    await begin(2, 9090, { hidesUnlistened: false })
    expect(await group.ask(urlOf(client), '--interface', client), 'connection refused').toBe('curl ended with 7')
    // The node tells it as an attempt that failed.
    const { stdout } = await group.gateways[1].namespace.run('nft', ['list', 'counter', 'inet', 'proxyha', 'refused'])
    expect(stdout).toMatch(/packets [1-9]/)
  })

  it.each(clients)('%s is told when a connection is reset', async (client) => {
    await begin(3, 9090)
    const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
    const connection = group.client.startScript(script, vipOf(client), '80', client)
    expect(await connection.nextLine()).toBe('connected')
    expect(await group.gateways[2].namespace.run('ss', ['-K', 'sport', '=', ':9090'])).toMatchObject({ code: 0 })
    connection.process.stdin?.write('\n')
    expect(await connection.nextLine()).toContain('ECONNRESET')
  })

  it.each(clients)(
    '%s hears no reset from a host whose forwarding has gone, and goes on when it is back',
    async (client) => {
      await begin(3, 9090)
      const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
      const connection = group.client.startScript(script, vipOf(client), '80', client)
      expect(await connection.nextLine()).toBe('connected')
      const capture = await Capture.start(group.bridge, 'br0', 'tcp')
      const director = group.gateways[0]
      await apply(director.namespace, 'delete table netdev proxyha')
      connection.process.stdin?.write('\n')
      await capture.until(({ to, text }) => to === director.mac && text.includes(client))
      await apply(director.namespace, fullRuleset({ ...inForce, pins: [{ client, mark: 3 }] }))
      expect(await connection.nextLine()).toBe(`node-3 ${client} 9090`)
      await capture.stop()
    },
  )
})
