import { isIP } from 'node:net'
import {
  encodeAttribute,
  encodeMessage,
  type NetlinkMessage,
  parseAttributes,
  splitMessages,
} from '../../../runtime/ports/netlink/linux/netlink-messages.ts'
import { NetlinkReply } from '../../../runtime/ports/netlink/linux/netlink-reply.ts'
import { eventsOf } from '../../../runtime/ports/netlink/linux/rtnetlink-events.ts'
import { encodeNewAddress, parseAddress, parseLink } from '../../../runtime/ports/netlink/linux/rtnetlink-messages.ts'
import {
  encodeGetNeighbour,
  parseNeighbourLife,
  parseNeighbourMac,
} from '../../../runtime/ports/netlink/linux/rtnetlink-neighbours.ts'
import { encodeLinkRoute, parseDefaultRoute } from '../../../runtime/ports/netlink/linux/rtnetlink-routes.ts'
import { type FuzzTarget, holds, parsed, same } from '../target.ts'

/** Bytes before the attributes, which differ by kind of message. */
const HEADERS = [0, 4, 8, 12, 16, 72]
const MESSAGE_HEADER = 16

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const link = (): Buffer => {
  const header = Buffer.alloc(16)
  header.writeInt32LE(2, 4)
  header.writeUInt32LE(0x11043, 8)
  return Buffer.concat([
    header,
    encodeAttribute(3, Buffer.from('eth0\0')),
    encodeAttribute(1, Buffer.from('020000000046', 'hex')),
    encodeAttribute(4, number(1500)),
  ])
}
const defaultRoute = (): Buffer =>
  Buffer.concat([
    Buffer.from([2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]),
    encodeAttribute(5, Buffer.from([10, 10, 74, 1])),
    encodeAttribute(4, number(2)),
    encodeAttribute(6, number(100)),
  ])
const neighbour = (): Buffer => {
  const asked = encodeGetNeighbour(2, '10.10.74.1')!
  asked.writeUInt16LE(2, 8)
  return Buffer.concat([asked, encodeAttribute(2, Buffer.from('020000000046', 'hex'))])
}
const seedOf = <Value>(result: { ok: true; value: Value } | { ok: false }): Value => {
  holds(result.ok, 'a seed is right')
  return result.value
}
const address = (text: string, prefixLength: number) => ({ interfaceIndex: 2, address: text, prefixLength })

/** Datagrams of rtnetlink, as events and as replies. */
export const netlink: FuzzTarget = {
  name: 'netlink',
  mostBytes: 2048,
  seeds: [
    encodeMessage(16, 0, 1, link()),
    encodeMessage(20, 0, 1, seedOf(encodeNewAddress(address('10.77.0.10', 24), 5))),
    encodeMessage(21, 0, 1, seedOf(encodeNewAddress(address('fd00::10', 64), null))),
    encodeMessage(24, 0, 1, defaultRoute()),
    encodeMessage(24, 0, 1, seedOf(encodeLinkRoute(address('10.77.0.10', 24)))),
    encodeMessage(28, 0, 1, neighbour()),
    Buffer.concat([encodeMessage(16, 2, 1, link()), encodeMessage(3, 2, 1, Buffer.alloc(4))]),
    encodeMessage(2, 0, 1, Buffer.from('edffffff', 'hex')),
    encodeMessage(3, 0x10, 1, Buffer.alloc(4)),
  ],
  run(input) {
    const split = parsed(input, splitMessages)
    const events = parsed(input, eventsOf)
    holds(events.length <= 1 + input.length / MESSAGE_HEADER, 'events are no more than there are messages')
    const reply = parsed(input, (bytes) => new NetlinkReply(1, readAll).take(bytes))
    const ended = reply === undefined ? 'goes on' : reply.ok ? 'ok' : reply.code
    if (!split.ok) return `${ended} ${split.code}`
    const again = Buffer.concat(
      split.value.map(({ type, flags, sequence, payload }) => encodeMessage(type, flags, sequence, payload)),
    )
    same(splitMessages(again), split, 'messages read and written are the same')
    for (const { payload } of split.value) parsed(payload, (bytes) => readAll({ payload: bytes }))
    return `${ended} ${events
      .map(({ type }) => type)
      .join(' ')
      .slice(0, 40)}`
  },
}

/** Whatever kind a payload is, it is read as each of them. */
function readAll({ payload }: Pick<NetlinkMessage, 'payload'>): unknown {
  const attributes = HEADERS.map((length) => parseAttributes(payload, length))
  for (const found of attributes) {
    const again = Buffer.concat([...(found ?? [])].map(([type, value]) => encodeAttribute(type, value)))
    if (found !== undefined) same(parseAttributes(again, 0), found, 'attributes read and written are the same')
  }
  const held = parseAddress(payload)
  if (held !== undefined) holds(isIP(held.address) !== 0, 'an address that is told is one')
  return [
    attributes.length,
    held,
    parseLink(payload),
    parseDefaultRoute(payload),
    parseNeighbourLife(payload),
    parseNeighbourMac(payload),
  ]
}
