/**
 * relay.ts MOST-MS PORT MAC...: takes adverts and beacons that come in by a port of the bridge, from the host of that MAC, and puts each out by the ports
 * that it is for, up to so many milliseconds later, so that they overtake each other. That the bridge itself does not carry them is up to whoever
 * starts it. They are whole packets with their checksums; of segments the interface would have to fill in those.
 */
import * as libc from '../../runtime/ports/sockets/linux/libc.ts'
import { BEACON_PROTOCOL } from '../../runtime/wire/beacon/beacon.ts'
import { VRRP_PROTOCOL } from '../../runtime/wire/vrrp.ts'

const ETH_P_ALL = 0x0003
const IPV4 = 0x0800
const PROTOCOL_AT = 23
const FRAME_MAX = 2048
const LOOK_EVERY_MS = 1
/** Of linux/if_packet.h: what we put out by a port is not heard there. */
const SOL_PACKET = 263
const PACKET_IGNORE_OUTGOING = 23
/** Frames under way: what comes beyond is put out at once. */
const UNDER_WAY_MAX = 1000

interface Port {
  readonly mac: string
  readonly fd: number
  readonly address: Uint8Array
}

const [mostMs = '', ...words] = process.argv.slice(2)
const ports: readonly Port[] = words.flatMap((name, index) => {
  if (index % 2 === 1) return []
  const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW, 0)
  const address = libc.sockaddrLinkLayer(libc.if_nametoindex(name), ETH_P_ALL, new Uint8Array(6))
  const on = libc.intOption(1)
  if (
    fd < 0 ||
    libc.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, on.length) < 0 ||
    libc.bind(fd, address, address.length) < 0
  )
    throw new Error(`no packet socket on ${name}`)
  return { mac: (words[index + 1] ?? '').replaceAll(':', ''), fd, address }
})
const buffer = Buffer.alloc(FRAME_MAX)
let underWay = 0

function carry(from: Port, frame: Buffer): void {
  const to = frame.toString('hex', 0, 6)
  // To all as well where nobody is known by that address.
  const isForAll = ((frame[0] ?? 0) & 1) !== 0 || !ports.some(({ mac }) => mac === to)
  const targets = ports.filter((port) => port !== from && (isForAll || port.mac === to))
  underWay++
  setTimeout(
    () => {
      underWay--
      for (const { fd, address } of targets) libc.sendto(fd, frame, frame.length, 0, address, address.length)
    },
    underWay > UNDER_WAY_MAX ? 0 : Math.random() * Number(mostMs),
  )
}

setInterval(() => {
  for (const port of ports) {
    for (;;) {
      const length = libc.recv(port.fd, buffer, buffer.length, libc.MSG_DONTWAIT)
      if (length < 0) break
      const protocol = length > PROTOCOL_AT && buffer.readUInt16BE(12) === IPV4 ? buffer[PROTOCOL_AT] : 0
      const isCarried = protocol === VRRP_PROTOCOL || protocol === BEACON_PROTOCOL
      if (isCarried) carry(port, Buffer.from(buffer.subarray(0, length)))
    }
  }
}, LOOK_EVERY_MS)
