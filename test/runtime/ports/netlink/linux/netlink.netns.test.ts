import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AddressChange, Netlink, NetworkInterface } from '../../../../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../../../../runtime/ports/result.ts'
import { describeInNamespaces, type Namespace, type RunningProgram } from '../../../../namespaces.ts'

const SESSION = new URL('../../fixtures/netlink-session.ts', import.meta.url)
const LIFETIME = new URL('../../fixtures/address-lifetime.ts', import.meta.url)

describeInNamespaces('rtnetlink', {}, (namespaces) => {
  let node: Namespace
  let peer: Namespace
  let session: RunningProgram
  let eth0: NetworkInterface

  async function call<Method extends keyof Netlink>(
    method: Method,
    parameter?: Parameters<Netlink[Method]>[0],
  ): Promise<ReturnType<Netlink[Method]>> {
    session.process.stdin?.write(`${JSON.stringify([method, parameter])}\n`)
    return JSON.parse(await session.nextLine())
  }
  async function describeEth0(): Promise<NetworkInterface> {
    const found = (await call('interfaceByName', 'eth0')) as Result<NetworkInterface>
    if (!found.ok) throw new Error(found.reason)
    return found.value
  }
  const heldAddresses = async () => (await describeEth0()).addresses.filter(({ family }) => family === 4)
  const change = (address: string, prefixLength: number): AddressChange => ({
    interfaceIndex: eth0.index,
    address,
    prefixLength,
  })

  beforeAll(async () => {
    const subnet = namespaces.subnet('10.77.0.1/24', '10.77.0.2/24')
    ;[node, peer] = subnet.members as [Namespace, Namespace]
    session = node.startScript(SESSION)
    eth0 = await describeEth0()
  })
  afterAll(() => namespaces.close())

  test('an interface is described with index, MAC, MTU and addresses', async () => {
    const shown = JSON.parse(node.ip('-j', 'link', 'show', 'eth0'))[0]
    expect(eth0).toMatchObject({ index: shown.ifindex, name: 'eth0', mac: shown.address, mtu: 1500, up: true })
    expect(eth0.addresses).toContainEqual({
      family: 4,
      address: '10.77.0.1',
      prefixLength: 24,
      validLifetimeS: null,
    })
  })

  test('a neighbour has the MAC that the kernel knows, or none', async () => {
    const macOf = (address: string) => call('neighbourMac', { interfaceIndex: eth0.index, address })
    const [known, failed] = ['10.77.0.3', '10.77.0.4']
    node.ip('neigh', 'replace', known, 'lladdr', '02:00:00:00:00:03', 'dev', 'eth0', 'nud', 'stale')
    node.ip('neigh', 'replace', failed, 'dev', 'eth0', 'nud', 'failed')
    expect(await macOf(known)).toEqual({ ok: true, value: '02:00:00:00:00:03' })
    for (const address of [failed, '10.77.0.5', 'fd00::1', 'nowhere']) {
      expect(await macOf(address)).toEqual({ ok: true, value: null })
    }
  })

  test('an interface that is not there is ENODEV', async () => {
    expect(await call('interfaceByName', 'eth9')).toMatchObject({ ok: false, code: 'ENODEV' })
    expect(
      await call('putAddress', { interfaceIndex: 999, address: '10.77.0.9', prefixLength: 24, validLifetimeS: 5 }),
    ).toMatchObject({ ok: false, code: 'ENODEV' })
  })

  test('an interface without carrier, or set down, is not up', async () => {
    peer.ip('link', 'set', 'eth0', 'down')
    expect((await describeEth0()).up).toBe(true) // the bridge's port still has carrier
    node.ip('link', 'set', 'eth0', 'down')
    expect((await describeEth0()).up).toBe(false)
    node.ip('link', 'set', 'eth0', 'up')
    peer.ip('link', 'set', 'eth0', 'up')
    expect((await describeEth0()).up).toBe(true)
  })

  test('a VIP is put, renewed with a new lifetime, made permanent, and removed; each twice is once', async () => {
    const vip = change('10.77.0.10', 24)
    const vipFields = { address: '10.77.0.10', prefixLength: 24 }
    expect(await call('putAddress', { ...vip, validLifetimeS: 60 })).toMatchObject({ ok: true })
    expect(await heldAddresses()).toContainEqual({ family: 4, ...vipFields, secondary: true, validLifetimeS: 60 })
    expect(await call('putAddress', { ...vip, validLifetimeS: 30 })).toMatchObject({ ok: true })
    expect(await heldAddresses()).toContainEqual({ family: 4, ...vipFields, secondary: true, validLifetimeS: 30 })
    expect(await call('putAddress', { ...vip, validLifetimeS: null })).toMatchObject({ ok: true })
    expect(await heldAddresses()).toContainEqual({ family: 4, ...vipFields, secondary: true, validLifetimeS: null })
    expect(await heldAddresses()).toHaveLength(2)
    expect(await call('removeAddress', vip)).toMatchObject({ ok: true })
    expect(await heldAddresses()).toHaveLength(1)
    expect(await call('removeAddress', vip)).toMatchObject({ ok: true })
  })
  test('removing an address from an interface that is gone is a success', async () => {
    expect(await call('removeAddress', { interfaceIndex: 999, address: '10.77.0.10', prefixLength: 24 })).toMatchObject(
      {
        ok: true,
      },
    )
  })

  test('an IPv6 VIP is usable at once: no duplicate address detection', async () => {
    const vip = change('fd00:77::10', 64)
    expect(await call('putAddress', { ...vip, validLifetimeS: 60 })).toMatchObject({ ok: true })
    expect(node.ip('-6', 'address', 'show', 'dev', 'eth0', 'to', 'fd00:77::10')).toMatch(/nodad/)
    expect(node.ip('-6', 'address', 'show', 'dev', 'eth0', 'to', 'fd00:77::10')).not.toMatch(/tentative/)
    expect(await call('removeAddress', vip)).toMatchObject({ ok: true })
    expect(node.ip('-6', 'address', 'show', 'dev', 'eth0', 'to', 'fd00:77::10')).toBe('')
  })

  const routes = () => node.ip('-6', 'route', 'show', 'fd00:88::/64', 'dev', 'eth0')

  test('an IPv6 VIP leaves the route to a subnet that the interface is in alone: it does not expire with the VIP', async () => {
    // An address that a router has given the prefix for: it lives as long as that router says, and its route too.
    node.ip('address', 'add', 'fd00:88::1/64', 'dev', 'eth0', 'valid_lft', '9000', 'preferred_lft', '9000')
    const secondsLeft = () => Number(/expires (\d+)sec/.exec(routes())?.[1])
    expect(secondsLeft()).toBeGreaterThan(8000)
    const vip = change('fd00:88::10', 64)
    for (const validLifetimeS of [60, 30]) {
      expect(await call('putAddress', { ...vip, validLifetimeS })).toMatchObject({ ok: true })
      expect(secondsLeft()).toBeGreaterThan(8000)
    }
    expect(await call('removeAddress', vip)).toMatchObject({ ok: true })
    expect(secondsLeft()).toBeGreaterThan(8000)
    node.ip('address', 'delete', 'fd00:88::1/64', 'dev', 'eth0')
  })

  test('IPv6 VIPs of a subnet that the interface is not in otherwise bring its route, as long as the kernel keeps them', async () => {
    const [one, other] = [change('fd00:88::10', 64), change('fd00:88::11', 64)]
    for (const vip of [one, other, one]) {
      expect(await call('putAddress', { ...vip, validLifetimeS: 60 })).toMatchObject({ ok: true })
      expect(routes()).toContain('fd00:88::/64')
    }
    await call('removeAddress', one)
    expect(Number(/expires (\d+)sec/.exec(routes())?.[1])).toBeLessThanOrEqual(60)
    await call('removeAddress', other)
    node.ip('-6', 'route', 'flush', 'fd00:88::/64', 'dev', 'eth0')
  })

  test.each([64, 128])('an IPv6 VIP as /%i is never the source of the node’s own connections', async (prefixLength) => {
    node.ip('address', 'add', 'fd00:88::1/64', 'dev', 'eth0', 'nodad')
    // Closer to the destination than the node's own.
    const vip = change('fd00:88::1:3', prefixLength)
    expect(await call('putAddress', { ...vip, validLifetimeS: 60 })).toMatchObject({ ok: true })
    expect(node.ip('route', 'get', 'fd00:88::1:2')).toContain('src fd00:88::1 ')
    await call('removeAddress', vip)
    node.ip('address', 'delete', 'fd00:88::1/64', 'dev', 'eth0')
  })

  test.each([
    ['of the same subnet', 24],
    ['as /32', 32],
  ])('a VIP %s is never the source of the node’s own connections', async (_title, prefixLength) => {
    // Lower than the management address, so that an order by value would pick it.
    const vip = change('10.77.0.0', prefixLength)
    expect(await call('putAddress', { ...vip, validLifetimeS: 60 })).toMatchObject({ ok: true })
    expect(node.ip('route', 'get', '10.77.0.2')).toContain('src 10.77.0.1 ')
    await call('removeAddress', vip)
  })

  test('without CAP_NET_ADMIN a change is refused, and the refusal names the capability', async () => {
    const setUid = '--import=data:text/javascript,process.setuid(65534)'
    const unprivileged = node.start(process.execPath, [setUid, SESSION.pathname])
    unprivileged.process.stdin?.write(
      `${JSON.stringify(['putAddress', { ...change('10.77.0.9', 24), validLifetimeS: 5 }])}\n`,
    )
    expect(JSON.parse(await unprivileged.nextLine())).toMatchObject({
      ok: false,
      code: 'EPERM',
      reason: expect.stringContaining('CAP_NET_ADMIN'),
    })
    await unprivileged.stop()
  })

  test('after close every call is refused', async () => {
    const second = node.startScript(SESSION)
    second.process.stdin?.write('["close"]\n')
    expect(JSON.parse(await second.nextLine())).toMatchObject({ ok: false, code: 'EBADF' })
    await second.stop()
  })

  test('the kernel itself removes a VIP at the end of its lifetime, and a renewal keeps it', async () => {
    const [once, renewed] = (await Promise.all([
      node.runScript(LIFETIME, '10.77.0.20', '24', '1', '0'),
      peer.runScript(LIFETIME, '10.77.0.21', '32', '1', '7'),
    ])) as [{ heldMs: number; lateMs: number }, { heldMs: number; lateMs: number }]
    for (const { lateMs } of [once, renewed]) {
      expect(lateMs).toBeGreaterThan(-50)
      expect(lateMs).toBeLessThan(2500)
    }
    expect(renewed.heldMs).toBeGreaterThan(3000)
  })

  test('a VIP goes in time although the process that put it is stopped', async () => {
    expect(await call('putAddress', { ...change('10.77.0.30', 24), validLifetimeS: 1 })).toMatchObject({ ok: true })
    session.process.kill('SIGSTOP')
    const monitor = node.start('ip', ['-oneline', 'monitor', 'address'])
    expect(await monitor.nextLine()).toMatch(/Deleted .*10\.77\.0\.30/)
    session.process.kill('SIGCONT')
    expect((await heldAddresses()).map(({ address }) => address)).toEqual(['10.77.0.1'])
    await monitor.stop()
  })
})
