import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { leaseFence } from '../../../../actors/announcer/holding/lease-fence.ts'
import { wholeTable } from '../../../../runtime/ports/nft/nft-table.ts'
import { describeInNamespaces, type Namespace } from '../../../namespaces.ts'
import { RawPeer } from '../../../scenarios/vrrp/raw-peer.ts'

const NODE = '10.88.0.11'
const CLIENT = '10.88.0.12'
const VIP = '10.88.0.10'
const OTHER_VIP = '10.88.0.20'
const LEASE_MS = 400
const CURL_REFUSED = 7

describeInNamespaces('the fence of a lease', { programs: ['nft', 'arping', 'curl'] }, (namespaces) => {
  let node: Namespace
  let client: Namespace
  let director: RawPeer

  beforeAll(async () => {
    const { members } = namespaces.subnet(`${NODE}/16`, `${CLIENT}/16`)
    node = members[0]!
    client = members[1]!
    for (const address of [VIP, OTHER_VIP]) node.ip('address', 'add', `${address}/16`, 'dev', 'eth0')
    director = await RawPeer.start(node, NODE, [VIP])
  })
  afterAll(() => namespaces.close())

  beforeEach(async () => {
    const router = { leaseMs: LEASE_MS, keptAfterLeaseMs: 1000 }
    const fence = leaseFence('eth0', [
      { ...router, virtualRouterId: 51, virtualIps: [VIP] },
      { ...router, virtualRouterId: 52, virtualIps: [OTHER_VIP] },
    ])
    expect(await node.run('nft', [wholeTable(fence)])).toMatchObject({ code: 0, stderr: '' })
  })

  const advert = (fields: { priority?: number; virtualRouterId?: number; addresses?: string[] } = {}) =>
    director.send({ version: 2, intervalCs: 100, priority: 99, ...fields })

  async function isAnswered(address = VIP): Promise<boolean> {
    return (await client.run('arping', ['-c', '1', '-W', '0.05', '-w', '1', '-i', 'eth0', address])).code === 0
  }

  /** On a busy machine the lease may be over before anybody has asked. */
  async function renewedUntil(holds: () => Promise<boolean>, renew: () => Promise<number> = advert): Promise<void> {
    do await renew()
    while (!(await holds()))
  }

  /** Long enough for the lease to end on any machine; the addresses stay on the interface. */
  async function untilSilent(address = VIP): Promise<void> {
    while (await isAnswered(address));
  }

  it('is in nobody’s way where no advert has left', async () => {
    expect(await isAnswered()).toBe(true)
  })

  it('answers after an advert, is silent when the lease is over, and speaks again with the next one', async () => {
    await renewedUntil(isAnswered)
    await untilSilent()
    await renewedUntil(isAnswered)
  })

  it('is not renewed by a resignation or by another router’s advert, and does not silence that one', async () => {
    await advert()
    await untilSilent()
    await advert({ priority: 0 })
    await renewedUntil(
      () => isAnswered(OTHER_VIP),
      () => advert({ virtualRouterId: 52, addresses: [OTHER_VIP] }),
    )
    expect(await isAnswered()).toBe(false)
    expect(await isAnswered(NODE)).toBe(true)
  })

  it('lets the host ask with the virtual IP as its sender while the lease lasts, and no longer', async () => {
    const hears = () => reaches(node, CLIENT, '--interface', VIP)
    await renewedUntil(hears)
    await untilSilent()
    expect(await hears()).toBe(false)
  })

  it('silences IPv6 addresses, too', async () => {
    const address = '2001:db8::10'
    node.ip('address', 'add', `${address}/64`, 'dev', 'eth0', 'nodad')
    client.ip('address', 'add', '2001:db8::99/64', 'dev', 'eth0', 'nodad')
    const router = { virtualRouterId: 51, virtualIps: [address], leaseMs: LEASE_MS, keptAfterLeaseMs: 1000 }
    expect(await node.run('nft', [wholeTable(leaseFence('eth0', [router]))])).toMatchObject({ code: 0, stderr: '' })
    const isReached = () => reaches(client, `[${address}]`)
    expect(await isReached()).toBe(true)
    await director.sendFrames(ipv6Advert(director.mac))
    while (await isReached());
    await renewedUntil(isReached, () => director.sendFrames(ipv6Advert(director.mac)))
  })
})

/** Whether one that does not know the other's MAC gets its answer, which is that nobody listens there. */
async function reaches(from: Namespace, to: string, ...options: string[]): Promise<boolean> {
  for (const family of ['-4', '-6']) from.ip(family, 'neighbour', 'flush', 'dev', 'eth0')
  return (await from.run('curl', ['-s', '-m', '1', ...options, `http://${to}:9/`])).code === CURL_REFUSED
}

/** An advert of VRRP version 3 for VRID 51 over IPv6; nobody looks at its checksum here. */
function ipv6Advert(mac: string): Buffer {
  const ethernet = `333300000012${mac.replaceAll(':', '')}86dd`
  const header = `60000000001870ff${'fe80'.padEnd(31, '0')}1ff02${'12'.padStart(28, '0')}`
  return Buffer.from(`${ethernet}${header}3133630100640000${'20010db8'.padEnd(30, '0')}10`, 'hex')
}
