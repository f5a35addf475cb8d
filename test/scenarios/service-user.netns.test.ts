import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { asServiceUser, SERVICE_USER, UNIT_CAPABILITIES } from '../service-user.ts'
import { CLIENTS, type GatewayNode, Group, START_PATIENCE_MS, until, VIP } from './group.ts'

const programs = ['squid', 'curl', 'nft', 'setpriv']
const without = (lacking: string) => UNIT_CAPABILITIES.filter((name) => name !== lacking)
const MODES = ['workers', 'kernel'] as const

/** The user may write to the folder of the control socket, and to nothing else. */
function ownedGroup(...[namespaces, options]: ConstructorParameters<typeof Group>): Group {
  const group = new Group(namespaces, options)
  chownSync(group.controlFolder, SERVICE_USER, SERVICE_USER)
  return group
}

describeInNamespaces('gateways of an ordinary user with the capabilities of the unit', { programs }, (namespaces) => {
  describe.each(MODES)('in %s mode', (mode) => {
    let group: Group
    beforeAll(async () => {
      group = ownedGroup(namespaces, {
        priorities: [99, 89],
        settings: `forwarding: ${mode}`,
        originalPort: 80,
        startedBy: [asServiceUser(), asServiceUser()],
      })
      await group.start()
    }, 120_000)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    const serves = (by: readonly string[]) =>
      until(
        async () => {
          const nodes = await Promise.all(CLIENTS.slice(0, 10).map((client) => group.fetch(client)))
          return nodes.every((node) => node !== undefined && by.includes(node))
        },
        30_000,
        () => `${by} to serve every client`,
      )
    const schedulingOf = async (node: GatewayNode) => {
      const actors = (await node.get('/actors')) as readonly { readonly name: string; readonly scheduling: string }[]
      return Object.fromEntries(actors.map(({ name, scheduling }) => [name, scheduling]))
    }

    it('serve, by real-time threads', async () => {
      const [first] = group.nodes
      expect((await first!.status())!.forwarding).toBe(mode)
      expect(group.holders()).toEqual(['node0'])
      await serves(['node0', 'node1'])
      await until(
        async () => {
          const { elector, announcer, 'raw-ip': rawIp } = await schedulingOf(first!)
          return [elector, announcer, rawIp].every((scheduling) => scheduling === 'realtime')
        },
        30_000,
        'the threads of the election to be real-time',
      )
      const { findings } = JSON.parse((await first!.proxyha('doctor', '--json', '-s', first!.socket)).stdout)
      expect(findings.filter(({ code }: { readonly code: string }) => code === 'capability')).toEqual([])
    }, 90_000)

    it('fail over, and take the lead back', async () => {
      const [first, second] = group.nodes
      await first!.stopGateway('SIGKILL')
      await group.heldBy('node1', 30_000)
      await serves(['node0', 'node1'])
      first!.startGateway()
      await group.settled(0, 2, START_PATIENCE_MS)
      await group.heldBy('node0', 30_000)
      expect((await second!.status())!.role).toBe('scanning')
    }, 120_000)

    it('leave no address and no rule behind when they are stopped', async () => {
      await Promise.all(group.nodes.map((node) => node.stopGateway('SIGTERM')))
      for (const { namespace } of group.nodes) {
        expect(namespace.ip('-o', 'address')).not.toContain(` ${VIP}/`)
        expect((await namespace.run('nft', ['list', 'tables'])).stdout).toBe('')
      }
    }, 60_000)
  })
})

describeInNamespaces('a gateway of an ordinary user that lacks a capability', { programs }, (namespaces) => {
  let group: Group
  let node: GatewayNode
  beforeAll(() => {
    group = ownedGroup(namespaces, { priorities: [99], originalPort: 80, startedBy: [['true']] })
    node = group.nodes[0]!
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** How a start ends that is refused. */
  async function refusal(capabilities: readonly string[], forwarding: string) {
    // Writes the configuration, and starts nothing.
    node.startGateway()
    await node.stopGateway()
    const yaml = readFileSync(node.configFile, 'utf8')
    writeFileSync(node.configFile, yaml.replace('forwarding: workers', `forwarding: ${forwarding}`))
    const [program = '', ...words] = [...asServiceUser(capabilities), ...node.command]
    const { code, stderr } = await node.namespace.run(program, words)
    return { code, stderr }
  }

  it.each([
    ['net_admin', 'workers', 'to hold the virtual IPs'],
    ['net_admin', 'kernel', 'to hold the virtual IPs'],
    ['net_raw', 'workers', 'to send and hear adverts'],
    ['net_bind_service', 'workers', 'to listen on port 80'],
  ])('%s, in %s mode: is not started, and told why and what to do', async (lacking, forwarding, what) => {
    const { code, stderr } = await refusal(without(lacking), forwarding)
    const name = `CAP_${lacking.toUpperCase()}`
    expect(code).toBe(1)
    expect(stderr).toContain(`lacks ${name}`)
    expect(stderr).toContain(what)
    expect(stderr).toContain(`AmbientCapabilities=${name} in its unit`)
    expect(stderr).toContain(`setcap ${name.toLowerCase()}+ep`)
    expect(group.holders()).toEqual([])
  })

  it('the right to be real-time: is started, and warns of what is lost', async () => {
    const warned = new Group(namespaces, { priorities: [99], startedBy: [asServiceUser(without('sys_nice'))] })
    chownSync(warned.controlFolder, SERVICE_USER, SERVICE_USER)
    const [one] = warned.nodes
    one!.startGateway()
    await until(
      async () => {
        const { msg, level } = JSON.parse(await one!.gateway!.nextLine())
        return level === 'warn' && msg.startsWith('scheduling: real-time is not permitted: on a busy host')
      },
      START_PATIENCE_MS,
      'the warning',
    )
    await until(async () => (await one!.status())?.role === 'director', START_PATIENCE_MS, 'it to lead')
    await one!.stopGateway('SIGTERM')
    warned.close()
  }, 90_000)
})
