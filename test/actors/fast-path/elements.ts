import type { NftElement } from '../../../runtime/ports/nft/nft.ts'
import { addressBytes } from '../../../runtime/wire/ip-address-bytes.ts'

/** Elements of maps as the kernel has them, on a little-endian host. */
const markBytes = (mark: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(mark)
  return bytes
}
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')

const element = (key: Buffer, data: Buffer, more: Partial<NftElement> = {}): NftElement => ({
  key,
  data,
  expiresMs: null,
  counter: null,
  ...more,
})

/** A client and its node's mark, with the seconds that it has left. */
export const pinElement = (client: string, mark: number, expiresS?: number): NftElement =>
  element(Buffer.from(addressBytes(client)!), markBytes(mark), {
    expiresMs: expiresS === undefined ? null : expiresS * 1000,
  })

/** A mark and its MAC, with what was counted. */
export const placeElement = (mark: number, mac: string, packets = 0, bytes = 0): NftElement =>
  element(markBytes(mark), macBytes(mac), { counter: { packets, bytes } })

/** A connection's key of four words, and its node's mark. */
export const connectionElement = (words: readonly [number, number, number, number], mark: number): NftElement => {
  const key = Buffer.alloc(16)
  for (const [index, word] of words.entries()) key.writeUInt32BE(word, 4 * index)
  return element(key, markBytes(mark), { expiresMs: 12_900 })
}
