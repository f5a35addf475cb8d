import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { Capture } from './capture.ts'
import { KernelGroup, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const [far, far6] = ['10.78.0.1', 'fd00:78::1'] as const
const redirects = [
  { originalPorts: [9090], proxyPort: 9090 },
  { originalPorts: [80], proxyPort: 9080 },
  { originalPorts: [81, 82], proxyPort: 9081 },
]

describeInNamespaces('a client behind a hop of 1280 bytes', { programs: ['nft', 'curl', 'tcpdump'] }, (namespaces) => {
  let group: KernelGroup
  beforeAll(async () => {
    group = new KernelGroup(namespaces)
    // The group's own client is the router: its way on is narrower than what the far client says it takes.
    const router = group.client
    const client = namespaces.create()
    namespaces.connect(
      { namespace: router, device: 'far', address: '10.78.0.254/24' },
      { namespace: client, device: 'eth0', address: `${far}/24` },
    )
    router.ip('address', 'add', 'fd00:78::fe/64', 'dev', 'far', 'nodad')
    client.ip('address', 'add', `${far6}/64`, 'dev', 'eth0', 'nodad')
    router.ip('link', 'set', 'far', 'mtu', '1280')
    client.ip('route', 'add', 'default', 'via', '10.78.0.254')
    client.ip('-6', 'route', 'add', 'default', 'via', 'fd00:78::fe')
    for (const parameter of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']) {
      expect((await router.run('sysctl', ['-w', `${parameter}=1`])).code).toBe(0)
    }
    for (const { namespace } of group.gateways) {
      namespace.ip('route', 'add', '10.78.0.0/24', 'via', '10.77.0.1')
      namespace.ip('-6', 'route', 'add', 'fd00:78::/64', 'via', 'fd00:77::1')
    }
    await group.startProxies(9090, 9080, 9081)
    farClient = client
  })
  afterAll(() => namespaces.close())
  let farClient: typeof group.client

  it.each(
    [2, 1].flatMap((mark) =>
      [9090, 80, 81].flatMap((port) => [[mark, port, VIP, far] as const, [mark, port, `[${VIP6}]`, far6] as const]),
    ),
  )('gets what node %i sends from port %i of %s', async (mark, port, host, client) => {
    await group.direct(group.gateways[0], { redirects, slots: slotsFor({ [client]: mark }) })
    for (const { namespace } of group.gateways) {
      namespace.ip('route', 'flush', 'cache')
      namespace.ip('-6', 'route', 'flush', 'cache')
    }
    const capture = await Capture.start(group.bridge, 'br0', 'icmp or icmp6')
    const url = `http://${host}:${port}/big`
    const { stdout } = await farClient.run('curl', [
      '-gs',
      '-m',
      '15',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}',
      url,
    ])
    expect(stdout).toBe(`${8 * 1024 * 1024}`)
    const told = (await capture.stop()).filter(({ text }) => /need to frag|packet too big/.test(text))
    expect(told.length).toBeGreaterThan(0)
  })
})
