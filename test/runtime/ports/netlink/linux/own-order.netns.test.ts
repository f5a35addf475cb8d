import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInNamespaces, type Namespace } from '../../../../namespaces.ts'

const SCRIPT = new URL('./fixtures/own-order.ts', import.meta.url)
const OWN = '10.88.0.11/24'
const VIP = '10.88.0.10/24'

/** Of the kernel alone: no gateway runs. */
describeInNamespaces('addresses and routes as the kernel has them', {}, (namespaces) => {
  let host: Namespace

  beforeAll(() => {
    host = namespaces.create()
    namespaces.connect({ namespace: host, device: 'eth0' }, { namespace: namespaces.create(), device: 'eth0' })
  })
  afterAll(() => namespaces.close())

  const addresses = () => host.ip('-o', '-4', 'address', 'show', 'dev', 'eth0')
  const order = (what: string) => host.runScript(SCRIPT, what)

  test('a virtual IP that came before the node’s own address goes without it, whatever promote_secondaries was', async () => {
    await host.run('sysctl', [
      '-w',
      'net.ipv4.conf.all.promote_secondaries=0',
      'net.ipv4.conf.eth0.promote_secondaries=0',
    ])
    host.ip('address', 'add', VIP, 'dev', 'eth0')
    host.ip('address', 'add', OWN, 'dev', 'eth0')
    expect(addresses()).toMatch(/10\.88\.0\.11\/24 .*secondary/)
    expect(await order('secondaries')).toEqual(['10.88.0.11'])
    await order('promote')
    host.ip('address', 'del', VIP, 'dev', 'eth0')
    expect(addresses()).toContain(OWN)
    expect(addresses()).not.toContain('secondary')
  })

  test('a subnet without an address of the node’s own is on the link by a route, and is not when that is removed', async () => {
    expect(await order('route')).toEqual([true, true])
    expect(host.ip('route', 'show', 'dev', 'eth0')).toContain('192.168.50.0/24')
    expect(host.ip('-6', 'route', 'show', 'dev', 'eth0')).toContain('fd00:50::/64')
    expect(await order('unroute')).toEqual([true, true])
    expect(host.ip('route', 'show', 'dev', 'eth0')).not.toContain('192.168.50.0/24')
    expect(await order('unroute')).toEqual([true, true])
  })
})
