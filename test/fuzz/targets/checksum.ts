import { checksumOf, sumIpv6PseudoHeader, sumPseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { type FuzzTarget, parsed, same } from '../target.ts'

/** RFC 1071, word by word, with the carry added at once. */
function plainly(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return 0xffff - sum
}

/** The Internet checksum beside a plain one, alone and behind both pseudo-headers. */
export const checksum: FuzzTarget = {
  name: 'checksum',
  mostBytes: 4096,
  seeds: [Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'), Buffer.alloc(64, 0xff), Buffer.alloc(3)],
  run(input) {
    const is = (one: number, other: number) => same(one % 0xffff, other % 0xffff, 'a checksum is that of RFC 1071')
    is(
      parsed(input, (bytes) => checksumOf(sumWords(bytes))),
      plainly(input),
    )
    if (input.length < 40) return
    const [from, to, message] = [input.subarray(0, 16), input.subarray(16, 32), input.subarray(32)]
    const length = Buffer.alloc(4)
    length.writeUInt32BE(message.length)
    const ipv6 = sumWords(message, sumIpv6PseudoHeader(from, to, 58, message.length))
    is(checksumOf(ipv6), plainly(Buffer.concat([from, to, length, Buffer.from([0, 0, 0, 58]), message])))
    const [source, destination] = [Buffer.from(input.subarray(0, 4)), Buffer.from(input.subarray(4, 8))]
    const pseudo = sumPseudoHeader(source.readUInt32BE(), destination.readUInt32BE(), 112, message.length)
    const header = Buffer.concat([source, destination, Buffer.from([0, 112]), length.subarray(2)])
    is(checksumOf(sumWords(message, pseudo)), plainly(Buffer.concat([header, message])))
  },
}
