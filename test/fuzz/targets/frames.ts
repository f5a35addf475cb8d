import { emitArpRequest, emitGratuitousArp, parseArp } from '../../../runtime/wire/arp.ts'
import { checksumOf, sumIpv6PseudoHeader, sumWords } from '../../../runtime/wire/checksum.ts'
import { addressBytes } from '../../../runtime/wire/ip-address-bytes.ts'
import { emitIpv4Packet, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { emitIpv6Packet, parseIpv6Packet } from '../../../runtime/wire/ipv6.ts'
import {
  emitUnsolicitedAdvertisement,
  parseNeighbourAdvertisement,
} from '../../../runtime/wire/neighbour-advertisement.ts'
import { emitNeighbourSolicitation } from '../../../runtime/wire/neighbour-solicitation.ts'
import { type FuzzTarget, holds, parsed, same } from '../target.ts'

const ETHERNET = 14
const ICMPV6 = 58
const MAC = '02:00:00:00:00:46'

/** Ethernet frames: ARP, IPv4, IPv6, neighbour discovery. The first byte tells whether an ICMPv6 checksum is made right. */
export const frames: FuzzTarget = {
  name: 'frames',
  mostBytes: 1600,
  seeds: [
    emitGratuitousArp(MAC, '10.10.74.74'),
    emitArpRequest(MAC, '0.0.0.0', '10.10.74.74'),
    emitUnsolicitedAdvertisement(MAC, 'fd00:74::74'),
    emitNeighbourSolicitation(MAC, 'fe80::1', 'fd00:74::74'),
    extended(),
    Buffer.concat([
      Buffer.alloc(ETHERNET),
      emitIpv4Packet({
        source: '10.0.0.1',
        destination: '10.0.0.2',
        protocol: 253,
        ttl: 255,
        payload: Buffer.from('beacon'),
      }),
    ]),
  ].flatMap((frame) => [0, 1].map((mode) => Uint8Array.from([mode, ...frame]))),
  run(input) {
    const frame = Buffer.from(input.subarray(1))
    if ((input[0] ?? 0) % 2 === 1) correct(frame)
    return [arp(frame), neighbour(frame), ipv4(frame.subarray(ETHERNET)), ipv6(frame.subarray(ETHERNET))].join(' ')
  },
}

/** An advertisement behind each of the headers that are skipped. */
function extended(): Uint8Array {
  const frame = emitUnsolicitedAdvertisement(MAC, 'fd00:74::74')
  const [headers, rest] = [Buffer.alloc(24), frame.subarray(ETHERNET + 40)]
  headers[0] = 60
  headers[8] = 44
  headers[16] = ICMPV6
  const whole = Buffer.concat([frame.subarray(0, ETHERNET + 40), headers, rest])
  whole[ETHERNET + 6] = 0
  whole.writeUInt16BE(24 + rest.length, ETHERNET + 4)
  return whole
}

function correct(frame: Buffer): void {
  const outer = parseIpv6Packet(frame.subarray(ETHERNET))
  if (!outer.ok || outer.packet.payload.length < 8) return
  const { source, destination, payload } = outer.packet
  const message = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  message.writeUInt16BE(0, 2)
  const pseudo = sumIpv6PseudoHeader(addressBytes(source)!, addressBytes(destination)!, ICMPV6, message.length)
  message.writeUInt16BE(checksumOf(sumWords(message, pseudo)), 2)
}

function arp(frame: Uint8Array): string {
  const read = parsed(frame, parseArp)
  if (!read.ok) return read.reason
  const { operation, senderMac, senderAddress, targetAddress } = read.arp
  const asked = parseArp(emitArpRequest(senderMac, senderAddress, targetAddress))
  holds(asked.ok, 'a question can be read')
  same(
    asked.arp,
    { ...read.arp, operation: 'request', targetMac: '00:00:00:00:00:00' },
    'ARP read and said again is the same',
  )
  return operation
}

function neighbour(frame: Uint8Array): string {
  const read = parsed(frame, parseNeighbourAdvertisement)
  if (!read.ok) return read.reason
  const { target, mac } = read.advertisement
  const again = parseNeighbourAdvertisement(emitUnsolicitedAdvertisement(mac, target))
  holds(again.ok, 'an advertisement can be read')
  same([again.advertisement.target, again.advertisement.mac], [target, mac], 'an advertisement said again is the same')
  return 'advertisement'
}

function ipv4(packet: Uint8Array): string {
  const read = parsed(packet, parseIpv4Packet)
  if (!read.ok) return read.reason
  const { fragment, ...said } = read.packet
  if (said.payload.length > 65_515) return 'long'
  const again = parseIpv4Packet(emitIpv4Packet(said))
  same(
    again,
    { ok: true, packet: { ...said, payload: Uint8Array.from(said.payload), fragment: false } },
    'IPv4 read and said again is the same',
  )
  return `ipv4 ${fragment}`
}

function ipv6(packet: Uint8Array): string {
  const read = parsed(packet, parseIpv6Packet)
  if (!read.ok) return read.reason
  const { fragment, ...said } = read.packet
  // Behind a header that is skipped there may be another one, which would be skipped now.
  if ([0, 44, 60].includes(said.protocol)) return 'extension'
  const again = parseIpv6Packet(emitIpv6Packet(said))
  same(
    again,
    { ok: true, packet: { ...said, payload: Uint8Array.from(said.payload), fragment: false } },
    'IPv6 read and said again is the same',
  )
  return `ipv6 ${fragment}`
}
