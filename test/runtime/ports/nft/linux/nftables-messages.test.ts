import { expect, test } from 'vitest'
import { encodeGetGeneration, parseGeneration } from '../../../../../runtime/ports/nft/linux/nftables-messages.ts'

// family, version, resource; then attributes: generation 0x01020304 in network order, and a process id.
const REPLY = Buffer.from('00000304' + '08000100' + '01020304' + '08000200' + '000004d2', 'hex')

test('the generation is read in network order', () => {
  expect(parseGeneration(REPLY)).toBe(0x01020304)
})

test('a reply that is cut off anywhere before the end of the generation is none', () => {
  for (let length = 0; length < 12; length++) expect(parseGeneration(REPLY.subarray(0, length))).toBeUndefined()
})

test('the question is the header alone, for all families', () => {
  expect(encodeGetGeneration()).toEqual(Buffer.alloc(4))
})
