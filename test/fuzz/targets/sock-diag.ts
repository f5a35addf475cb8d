import { isIP } from 'node:net'
import { encodeAttribute } from '../../../runtime/ports/netlink/linux/netlink-messages.ts'
import {
  encodeDestruction,
  encodeSocketRequest,
  parseEnds,
  parseKeys,
  parseListener,
  parseUnfinished,
} from '../../../runtime/ports/sockets/linux/sock-diag-messages.ts'
import { type FuzzTarget, holds, parsed } from '../target.ts'

function reply(family: number, state: number, port: number, local: string, ...attributes: readonly Buffer[]): Buffer {
  const message = Buffer.alloc(72)
  message[0] = family
  message[1] = state
  message.writeUInt16BE(port, 4)
  message.write(local, 8, 'hex')
  message.write(local, 24, 'hex')
  return Buffer.concat([message, ...attributes])
}
const information = encodeAttribute(2, Buffer.alloc(232, 1))

/** What the kernel answers about sockets. */
export const sockDiag: FuzzTarget = {
  name: 'sock-diag',
  mostBytes: 600,
  seeds: [
    reply(2, 10, 3128, '00000000'),
    reply(10, 10, 3128, '00000000000000000000000000000000', encodeAttribute(11, Buffer.of(1))),
    reply(2, 1, 3128, '0a0a4a4a', information),
    reply(10, 5, 3128, '00000000000000000000ffff0a0a4a4a', information),
    encodeSocketRequest(4, 'established', [80, 9090], true),
  ],
  run(input) {
    const ends = parsed(input, parseEnds)
    const keys = parsed(input, parseKeys)
    const listener = parsed(input, parseListener)
    const unfinished = parsed(input, parseUnfinished)
    for (const address of [ends?.local, ends?.peer, listener?.address, unfinished?.local, unfinished?.peer])
      holds(address === undefined || isIP(address) !== 0, 'an address that is told is one')
    for (const key of [keys?.local, keys?.peer])
      holds([undefined, 4, 16].includes(key?.length), 'a key has 4 or 16 bytes')
    if (unfinished !== undefined) holds(encodeDestruction(unfinished).length === 56, 'an order has one length')
    return [ends, keys, listener, unfinished].map((value) => value !== undefined).join(' ')
  },
}
