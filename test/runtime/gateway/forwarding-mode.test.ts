import { expect, test } from 'vitest'
import { chooseForwarding, refusedInKernelMode } from '../../../runtime/gateway/forwarding-mode.ts'
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
  expect(refusedInKernelMode('kernel', wanted)).toMatch(new RegExp(`^${path.replace('.', '\\.')}: .*restart it$`))
  expect(refusedInKernelMode('workers', wanted)).toBeNull()
  expect(refusedInKernelMode('kernel', gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 99'))).toBeNull()
})

test('workers is workers', async () => {
  expect(await chosen('forwarding: workers')).toEqual({
    choice: { ok: true, value: { mode: 'workers', wanted: null, lacking: null } },
    asked: 0,
  })
})
