import { expect, test } from 'vitest'
import { putOnLoopback } from '../../../actors/fast-path/kernel/loopback.ts'
import type { GatewayConfig } from '../../../config/gateway-config.ts'
import { changeFence, clearLoopback, lowerFence, raiseFence } from '../../../runtime/gateway/fencing.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNetlink } from '../../fakes/netlink.ts'
import { FakeNft } from '../../fakes/nft.ts'

const CONFIG = gatewayConfig(`vrrp: {version: 3, advertInterval: 1s}
instances:
  - {virtualRouterId: 51, virtualIps: [10.0.0.5, 10.0.0.6]}
  - {name: web, virtualRouterId: 52, virtualIps: ["2001:db8::5"]}`)

test('the fence is raised in one transaction, which also removes every table of kernel mode', async () => {
  const nft = new FakeNft()
  expect(await raiseFence(CONFIG, nft)).toMatchObject({ ok: true })
  const [script = ''] = nft.scripts
  for (const table of ['netdev proxyha', 'arp proxyha', 'inet proxyha'])
    expect(script).toContain(`delete table ${table}\n`)
  expect(script).toContain('ip protocol 112 @th,8,8 51 ')
  expect(script).toContain('arp daddr ip { 10.0.0.5, 10.0.0.6 } ')
  expect(script).toContain('ip6 nexthdr 112 @th,8,8 52 ')
  await lowerFence(nft)
  expect(nft.scripts[1]).toBe('add table netdev proxyha\ndelete table netdev proxyha\n')
})

test('virtual IPs that kernel mode has left on lo are taken off it, and nothing else: not one that an administrator has put there', () => {
  const netlink = new FakeNetlink(new FakeClock())
  netlink.addInterface('lo', '00:00:00:00:00:00', ['127.0.0.1/8', '10.0.0.6/32', '10.0.0.9/32'])
  putOnLoopback(netlink, ['10.0.0.5'])
  clearLoopback(CONFIG, netlink)
  expect(netlink.addressesOf('lo')).toEqual(['127.0.0.1/8', '10.0.0.6/32', '10.0.0.9/32'])
})

test('a host without lo is left as it is', () => {
  expect(() => clearLoopback(CONFIG, new FakeNetlink(new FakeClock()))).not.toThrow()
})

test('other virtual IPs change its rules: what adverts have written stays, and the same ones change nothing', async () => {
  const nft = new FakeNft()
  const [first, ...others] = CONFIG.instances
  const more: GatewayConfig = {
    ...CONFIG,
    instances: [{ ...first, virtualIps: [...first.virtualIps, { address: '10.0.0.7', prefixLength: 24 }] }, ...others],
  }
  expect(await changeFence(CONFIG, more, nft)).toMatchObject({ ok: true })
  expect(nft.scripts).toEqual([expect.stringContaining('arp daddr ip { 10.0.0.5, 10.0.0.6, 10.0.0.7 } ')])
  expect(nft.scripts[0]).not.toMatch(/(delete|add) (table|set)/)
  await changeFence(more, more, nft)
  expect(nft.scripts).toHaveLength(1)
})
