import { describe, expect, test } from 'vitest'
import { chooseForwarding, refusedInMode } from '../../../runtime/gateway/forwarding-mode.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'
import { FakeNft } from '../../fakes/nft.ts'

const MAC = '02:00:00:00:00:01'
const LACKING = refused('ENOENT', 'nft is not installed')

async function chosen(settings: string, nft = new FakeNft()) {
  const config = gatewayConfig(`virtualIps: [10.0.0.5]\ndirectorPriority: 99\n${settings}`)
  return { choice: await chooseForwarding(config, MAC, nft), asked: nft.checked.length }
}

const lackingNft = () => {
  const nft = new FakeNft()
  nft.refuse(LACKING)
  return nft
}

test('auto is kernel mode where the host can', async () => {
  const { choice } = await chosen('')
  expect(choice).toEqual({ ok: true, value: { mode: 'kernel', wanted: null, lacking: null } })
})

test('where it cannot, auto is workers mode and says why, and kernel is refused', async () => {
  expect((await chosen('forwarding: auto', lackingNft())).choice).toEqual({
    ok: true,
    value: { mode: 'workers', wanted: null, lacking: 'nft is not installed' },
  })
  expect((await chosen('forwarding: kernel', lackingNft())).choice).toEqual(LACKING)
})

test.each([
  ['redirects[].proxyProtocol', 'redirects: [{originalPorts: [80], proxyPort: 3128, proxyProtocol: v2}]'],
  ['balancing.affinity', 'balancing: {affinity: {ipv4: 24}}'],
  ['health.perPort', 'health: {perPort: true}'],
  ['limits.connectionsPerClient', 'limits: {connectionsPerClient: 10}'],
])('%s is for workers mode: auto does not even ask the host', async (wanted, settings) => {
  expect(await chosen(settings)).toEqual({
    choice: { ok: true, value: { mode: 'workers', wanted, lacking: null } },
    asked: 0,
  })
})

test.each([
  ['health.perPort', 'health: {perPort: true}'],
  ['limits.connectionsPerClient', 'limits: {connectionsPerClient: 10}'],
])('a gateway that has chosen kernel mode refuses %s by name; in workers mode it is taken', (path, settings) => {
  const wanted = gatewayConfig(`virtualIps: [10.0.0.5]\ndirectorPriority: 99\n${settings}`)
  expect(refusedInMode('kernel', wanted)).toMatch(new RegExp(`^${path.replace('.', '\\.')}: .*restart it$`))
  expect(refusedInMode('workers', wanted)).toBeNull()
  expect(refusedInMode('kernel', gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 99'))).toBeNull()
})

test('workers is workers', async () => {
  expect(await chosen('forwarding: workers')).toEqual({
    choice: { ok: true, value: { mode: 'workers', wanted: null, lacking: null } },
    asked: 0,
  })
})

describe('ranges of ports are for kernel mode', () => {
  const RANGES = 'redirects: [{originalPorts: [8080], proxyPort: 3128}, {originalPorts: [50000-50100]}]'

  test('auto is that, or is refused where the host cannot, or something else is for workers mode', async () => {
    expect((await chosen(RANGES)).choice).toMatchObject({ ok: true, value: { mode: 'kernel' } })
    expect((await chosen(RANGES, lackingNft())).choice).toEqual(LACKING)
    const { choice } = await chosen(`${RANGES}\nhealth: {perPort: true}`)
    expect(choice).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^health\.perPort is for workers mode, and ranges/),
    })
  })

  test('a gateway that has chosen workers mode refuses them by name', () => {
    const wanted = gatewayConfig(`virtualIps: [10.0.0.5]\n${RANGES}`)
    expect(refusedInMode('workers', wanted)).toMatch(/^redirects \(ranges\): are for kernel mode.*restart it$/)
    expect(refusedInMode('kernel', wanted)).toBeNull()
  })
})
