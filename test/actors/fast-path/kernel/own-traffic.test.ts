import { expect, test } from 'vitest'
import { OwnTraffic } from '../../../../actors/fast-path/kernel/own-traffic.ts'
import { FakeNft } from '../../../fakes/nft.ts'

/** The fake has a thousand bytes for each packet. */
function kernelWith(counters: Readonly<Record<string, number>>): FakeNft {
  const nft = new FakeNft()
  count(nft, counters)
  return nft
}
const count = (nft: FakeNft, counters: Readonly<Record<string, number>>) => {
  for (const [name, packets] of Object.entries(counters))
    nft.setCount(name === 'refused' ? 'inet' : 'netdev', 'proxyha', name, packets)
}

test('what clients had of this node is what its kernel has counted; the Ethernet header of what leaves is left out', () => {
  const traffic = new OwnTraffic(kernelWith({ received: 9, sent: 5, answered: 3, refused: 2 }))
  expect(traffic.read()).toEqual({ connections: 3, failed: 2, bytesIn: 9000, bytesOut: 5 * (1000 - 14) })
})

test('is not known, and no 0, before there is a table', () => {
  const nft = new FakeNft()
  const traffic = new OwnTraffic(nft)
  expect(traffic.read()).toBeNull()
  count(nft, { received: 1, sent: 1, answered: 1 })
  expect(traffic.read()).toMatchObject({ connections: 1, failed: 0 })
})

test('goes on over a table that is made anew', () => {
  const nft = kernelWith({ received: 9, sent: 5, answered: 3, refused: 2 })
  const traffic = new OwnTraffic(nft)
  traffic.read()
  count(nft, { received: 1, sent: 1, answered: 1, refused: 0 })
  traffic.read()
  count(nft, { received: 2, sent: 1, answered: 1, refused: 1 })
  expect(traffic.read()).toEqual({ connections: 4, failed: 3, bytesIn: 11_000, bytesOut: 6 * 986 })
})
