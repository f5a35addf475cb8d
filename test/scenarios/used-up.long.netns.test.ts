import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { Group, ORIGIN, until } from './group.ts'

const PATIENCE_MS = 60_000
const VIP6 = 'fd00:88::10'

describeInNamespaces('workers mode, with something used up', { programs: ['curl', 'squid'] }, (namespaces) => {
  let group: Group | undefined
  let clients: RunningProgram | undefined
  afterEach(async () => {
    await clients?.stop()
    await namespaces.close()
    group?.close()
  })

  /** So many connections at once, until none waits or the patience is over: what became of how many. */
  const open = async (host: string, count: number, patienceMs: number) => {
    const script = new URL('./fixtures/kept-many.ts', import.meta.url).pathname
    clients = group!.client.start(process.execPath, [script, host, '8080', ORIGIN, `${count}`, `${patienceMs}`])
    return told()
  }
  const told = async () => {
    const become = JSON.parse(await clients!.nextLine()) as string[]
    return Object.fromEntries([...new Set(become)].map((what) => [what, become.filter((each) => each === what).length]))
  }
  /** The same of those that were served, once more. */
  const askAgain = () => {
    clients!.process.stdin?.write('again\n')
    return told()
  }
  const warned = (pattern: RegExp) =>
    until(
      async () => (await group!.nodes[0]!.status())?.warnings.some((warning) => pattern.test(warning)) === true,
      PATIENCE_MS,
      `a warning of ${pattern}`,
    )

  it.each([
    ['IPv4', '10.88.0.10', '10.88.0.10/16', ''],
    ['IPv6', VIP6, `${VIP6}/64`, '\nvrrp: { version: 3 }'],
  ])(
    'limits.connections over two forwarders, %s: exactly so many are served, and a warning; what is open goes on',
    {
      timeout: 150_000,
    },
    async (_, host, virtualIp, vrrp) => {
      const settings = `limits: { connections: 30 }\nforwarders: { count: 2 }${vrrp}`
      group = new Group(namespaces, { priorities: [200], virtualIp, settings })
      group.client.ip('address', 'add', 'fd00:88::ffff/64', 'dev', 'eth0', 'nodad')
      await group.start()
      expect(await open(host, 70, 10_000)).toEqual({ served: 30, waits: 40 })
      await warned(/^limits\.connections: 30 are open/)
      expect(await askAgain()).toEqual({ served: 30 })
    },
  )

  it('the ephemeral ports towards the only node: a RST each, told as that; what is open goes on, and others are served again after', {
    timeout: 150_000,
  }, async () => {
    group = new Group(namespaces, { priorities: [200] })
    await group.start()
    const { namespace } = group.nodes[0]!
    expect((await namespace.run('sysctl', ['-w', 'net.ipv4.ip_local_port_range=40000 40009'])).code).toBe(0)
    const became = await open('10.88.0.10', 30, PATIENCE_MS)
    expect(Object.keys(became).sort()).toEqual(['ECONNRESET', 'served'])
    expect(became.served).toBeLessThanOrEqual(10)
    expect(became.served).toBeGreaterThan(0)
    await warned(/^no ephemeral ports are left towards a node/)
    expect(await askAgain()).toEqual({ served: became.served })
    clients!.process.stdin?.write('done\n')
    expect((await namespace.run('sysctl', ['-w', 'net.ipv4.ip_local_port_range=40000 60000'])).code).toBe(0)
    expect(await open('10.88.0.10', 30, PATIENCE_MS)).toEqual({ served: 30 })
  })
})
